// The documentation names things: code, tests, files, commands. They exist.

#include <regex>
#include <set>

#include "tests/smoke/process.h"

namespace cleave {
namespace {

namespace fs = std::filesystem;

const fs::path kRoot = CLEAVE_SOURCE_DIR;

std::vector<std::string> all_matches(const std::string& text, const std::regex& pattern, std::size_t group) {
  std::vector<std::string> found;
  for (auto at = std::sregex_iterator(text.begin(), text.end(), pattern); at != std::sregex_iterator(); ++at) {
    found.push_back((*at)[group]);
  }
  return found;
}

/// Files of the repository with an extension, build folders and hidden ones left out.
std::vector<fs::path> files_of(const std::string& extension) {
  std::vector<fs::path> files;
  for (const char* folder : {"calibration", "docs", "models", "notebooks", "results", "scenarios", "sim", "tests"}) {
    for (const auto& entry : fs::recursive_directory_iterator(kRoot / folder)) {
      if (entry.path().extension() == extension) files.push_back(entry.path());
    }
  }
  for (const auto& entry : fs::directory_iterator(kRoot)) {
    if (entry.path().extension() == extension) files.push_back(entry.path());
  }
  return files;
}

TEST_CASE("each hop of the flow is a function of the file that it links to, and there are at most ten") {
  const std::string flow = read_file(kRoot / "docs" / "flow.md");
  const std::regex hop(R"(\n(\d+)\. `\w+::(\w+)` \(\[([^\]]+)\])");
  const auto names = all_matches(flow, hop, 2);
  const auto files = all_matches(flow, hop, 3);
  REQUIRE(names.size() >= 5);
  CHECK(names.size() <= 10);
  for (std::size_t i = 0; i < names.size(); ++i) {
    INFO(names[i] << " in " << files[i]);
    CHECK_THAT(read_file(kRoot / files[i]), Catch::Contains(names[i] + "("));
  }
}

TEST_CASE("each invariant names tests that exist") {
  std::set<std::string> tests;
  for (const fs::path& file : files_of(".cpp")) {
    for (const std::string& name : all_matches(read_file(file), std::regex(R"(TEST_CASE\(\s*"([^"]+)\")"), 1)) {
      tests.insert(name);
    }
  }
  const auto named = all_matches(read_file(kRoot / "docs" / "invariants.md"), std::regex("\"([^\"]+)\""), 1);
  REQUIRE(named.size() > 10);
  for (const std::string& name : named) {
    INFO(name);
    CHECK(tests.count(name) == 1);
  }
}

TEST_CASE("every link between documents leads somewhere") {
  for (const fs::path& file : files_of(".md")) {
    for (const std::string& link : all_matches(read_file(file), std::regex(R"(\]\(([^)#]+)(#[^)]*)?\))"), 1)) {
      if (link.starts_with("http")) continue;
      INFO(file << " links to " << link);
      CHECK(fs::exists(file.parent_path() / link));
    }
  }
}

TEST_CASE("the scenario that the README explains is the one that runs") {
  CHECK_THAT(read_file(kRoot / "README.md"),
             Catch::Contains("```yaml\n" + read_file(kRoot / "scenarios" / "quickstart.yaml") + "```"));
}

TEST_CASE("every command line in the README is one that the program knows") {
  const std::string readme = read_file(kRoot / "README.md");
  const auto commands = all_matches(readme, std::regex(R"(\n(?:build/release/)?cleave ([a-z]+)( [a-z]+)?)"), 1);
  REQUIRE(commands.size() >= 5);
  for (const std::string& command : commands) {
    INFO(command);
    CHECK(cleave({command, "--help"}).code == 0);
  }
}

TEST_CASE("every command that the program knows is in the README") {
  const std::string help = cleave({"--help"}).out;
  const auto commands = all_matches(help.substr(help.find("Subcommands:")), std::regex(R"(\n  ([a-z]+) )"), 1);
  REQUIRE(commands.size() >= 10);
  const std::string readme = read_file(kRoot / "README.md");
  for (const std::string& command : commands) CHECK_THAT(readme, Catch::Contains("\ncleave " + command));
}

TEST_CASE("the README's list of exit codes is complete") {
  const std::string readme = read_file(kRoot / "README.md");
  const auto codes = all_matches(read_file(kRoot / "sim" / "app" / "exit_code.h"), std::regex(R"(= (\d+),)"), 1);
  REQUIRE(codes.size() == 7);
  for (const std::string& code : codes) CHECK_THAT(readme, Catch::Contains("| " + code + " |"));
}

}  // namespace
}  // namespace cleave
