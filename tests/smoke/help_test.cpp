// The command line itself: help, unknown words, shells.

#include <nlohmann/json.hpp>

#include "tests/smoke/process.h"

namespace cleave {
namespace {

using Catch::Contains;

const std::vector<std::string> kCommands{"sweep",  "merge",    "plan",       "compare", "check",  "run",
                                         "verify", "validate", "list",       "show",    "schema", "trace",
                                         "cache",  "version",  "completion", "explain", "import"};

TEST_CASE("without arguments the program prints its help and says that this was not a command") {
  const Answer answer = cleave({});
  CHECK(answer.code == 2);
  CHECK(answer.out.empty());
  for (const std::string& command : kCommands) CHECK_THAT(answer.err, Contains(command));
}

TEST_CASE("every command explains itself with examples") {
  for (const std::string& command : kCommands) {
    INFO(command);
    const Answer answer = cleave({command, "--help"});
    CHECK(answer.code == 0);
    CHECK_THAT(answer.out, Contains("Usage") && Contains("Example") && Contains("cleave " + command));
    CHECK(answer.err.empty());
  }
}

TEST_CASE("every command that prints something offers both formats") {
  for (const std::string& command :
       std::vector<std::string>{"run", "verify", "validate", "list", "show", "schema", "version"}) {
    INFO(command);
    CHECK_THAT(cleave({command, "--help"}).out, Contains("--format text|json"));
  }
  for (const std::string& command : std::vector<std::string>{"stats", "validate", "convert"}) {
    INFO(command);
    CHECK_THAT(cleave({"trace", command, "--help"}).out, Contains("--format text|json"));
  }
}

TEST_CASE("an unknown command names the nearest one") {
  const Answer answer = cleave({"vaildate"});
  CHECK(answer.code == 2);
  CHECK_THAT(answer.err, Contains("unknown command `vaildate`") && Contains("did you mean `validate`?"));
}

TEST_CASE("an unknown flag names the nearest one") {
  const Answer answer = cleave({"run", "x.yaml", "--sed", "3"});
  CHECK(answer.code == 2);
  CHECK_THAT(answer.err, Contains("unknown flag `--sed`") && Contains("did you mean `--seed`?"));
}

TEST_CASE("a flag's value of the wrong kind is refused") {
  CHECK(cleave({"run", "x.yaml", "--seed", "many"}).code == 2);
  CHECK(cleave({"run", "x.yaml", "--seed", "-1"}).code == 2);
  CHECK(cleave({"run", "x.yaml", "--seed"}).code == 2);
  CHECK(cleave({"list", "--format", "xml"}).code == 2);
  CHECK(cleave({"completion", "tcsh"}).code == 2);
}

TEST_CASE("a missing argument is refused") {
  for (const std::string& command : std::vector<std::string>{"run", "validate", "show", "completion", "trace"}) {
    INFO(command);
    const Answer answer = cleave({command});
    CHECK(answer.code == 2);
    CHECK_THAT(answer.err, Contains("--help"));
  }
}

TEST_CASE("the version is the same in every form") {
  const std::string version = nlohmann::json::parse(cleave({"version", "--format", "json"}).out)["version"];
  CHECK_THAT(cleave({"version"}).out, Contains("cleave " + version));
  CHECK(cleave({"--version"}).out == version + "\n");
}

TEST_CASE("a completion script for each shell knows every command") {
  for (const std::string& shell : std::vector<std::string>{"bash", "zsh", "fish"}) {
    const Answer answer = cleave({"completion", shell});
    INFO(shell);
    CHECK(answer.code == 0);
    for (const std::string& command : kCommands) CHECK_THAT(answer.out, Contains(command));
  }
}

TEST_CASE("bash accepts the completion script, and it completes commands and flags") {
  const Scratch scratch;
  write_file(scratch.path() / "complete.sh",
             "source <(" CLEAVE_PROGRAM
             " completion bash)\n"
             "COMP_WORDS=(cleave val); COMP_CWORD=1; _cleave; echo \"${COMPREPLY[@]}\"\n"
             "COMP_WORDS=(cleave run --se); COMP_CWORD=2; _cleave; echo \"${COMPREPLY[@]}\"\n"
             "COMP_WORDS=(cleave trace st); COMP_CWORD=2; _cleave; echo \"${COMPREPLY[@]}\"\n");
  const std::string command =
      "bash " + (scratch.path() / "complete.sh").string() + " > " + (scratch.path() / "said").string();
  REQUIRE(std::system(command.c_str()) == 0);
  CHECK(read_file(scratch.path() / "said") == "validate\n--seed --set\nstats\n");
}

}  // namespace
}  // namespace cleave
