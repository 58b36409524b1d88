// Includes, overrides, paths, and what is resolved.

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <variant>
#include <vector>

#include "tests/unit/scenario/temp_folder.h"

namespace cleave {
namespace {

const std::string kTail(kRest);

std::string load_error(const TempFolder& folder, const std::filesystem::path& file, const LoadOptions& options = {}) {
  try {
    (void)load_scenario(file, {}, options);
  } catch (const ConfigError& error) {
    return folder.without_folder(error.what());
  }
  return "no error";
}

TEST_CASE("the including file overrides maps key by key and replaces lists") {
  const TempFolder folder;
  folder.write("base.yaml",
               "seed: 5\nnetwork: {nodes_per_rack: 2, oversubscription: 4}\nfaults: [{type: crash, at: 1 s, "
               "pool: p}]\nrouter: {prefill: {policy: power_of_two, choices: 4}}\n" +
                   kTail);
  const auto file = folder.write("main.yaml",
                                 "include: base.yaml\nname: derived\nnetwork: {oversubscription: 2}\nfaults: []\n"
                                 "router: {prefill: {policy: longest_prefix}}\n");
  const LoadedScenario loaded = load_scenario(file);
  CHECK(loaded.scenario.name == "derived");
  CHECK(loaded.scenario.seed == 5);
  CHECK(loaded.scenario.network.nodes_per_rack == 2);
  CHECK(loaded.scenario.network.oversubscription == 2.0);
  CHECK(loaded.scenario.faults.empty());
  CHECK(loaded.scenario.router.prefill.name == "longest_prefix");
  REQUIRE(loaded.files.size() == 2);
  CHECK(std::filesystem::path(loaded.files[1]).filename() == "base.yaml");
}

TEST_CASE("later includes override earlier ones, each relative to the file that names it") {
  const TempFolder folder;
  folder.write("lib/a.yaml", "seed: 1\nname: a\n");
  folder.write("lib/b.yaml", "include: a.yaml\nseed: 2\n" + kTail);
  folder.write("c.yaml", "name: c\n");
  const auto file = folder.write("main.yaml", "include: [lib/b.yaml, c.yaml]\n");
  const LoadedScenario loaded = load_scenario(file);
  CHECK(loaded.scenario.seed == 2);
  CHECK(loaded.scenario.name == "c");
}

TEST_CASE("an error in an included file names that file") {
  const TempFolder folder;
  folder.write("base.yaml", "name: b\nseed: x\n");
  const auto file = folder.write("main.yaml", "include: base.yaml\nuntil: 3\n" + kTail);
  CHECK_THAT(load_error(folder, file), Catch::StartsWith("base.yaml:2:7: seed: got \"x\"") &&
                                           Catch::Contains("\nmain.yaml:2:8: until: got the bare number 3"));
}

TEST_CASE("includes that return to themselves, or name nothing, are refused") {
  const TempFolder folder;
  const auto a = folder.write("a.yaml", "include: b.yaml\n" + kTail);
  folder.write("b.yaml", "include: ./a.yaml\n");
  CHECK_THAT(load_error(folder, a), Catch::Contains("b.yaml:1:10: include: a cycle: a.yaml -> b.yaml -> a.yaml"));
  const auto missing = folder.write("m.yaml", "include: nowhere.yaml\n" + kTail);
  CHECK_THAT(load_error(folder, missing),
             Catch::Contains("m.yaml:1:10: include: got \"nowhere.yaml\", expected an existing file; nowhere.yaml is"));
  const auto list = folder.write("l.yaml", "include: {a: b}\n" + kTail);
  CHECK_THAT(load_error(folder, list), Catch::Contains("l.yaml:1:10: include: got a map, expected the path of a file"));
  CHECK(load_error(folder, folder.path() / "none.yaml") == "none.yaml: no such file, or it cannot be read");
  CHECK(load_error(folder, folder.path()).find("no such file, or it cannot be read") != std::string::npos);
}

TEST_CASE("overrides reach list elements by index and by name, make missing maps and replace whole maps") {
  const TempFolder folder;
  const auto file = folder.write("t.yaml", "router: {prefill: {policy: power_of_two, choices: 4}}\n" + kTail);
  const std::vector<std::string> overrides{"pools[0].replicas=4",
                                           "pools.p.engine.block_size=32",
                                           "output.folder=out",
                                           "router.prefill={policy: longest_prefix, prefix_weight: 3}",
                                           "workload.classes[0].traffic.input={type: uniform, min: 3, max: 9}",
                                           "name=a=b"};
  const Scenario scenario = load_scenario(file, overrides).scenario;
  CHECK(scenario.pools[0].replicas == 4);
  CHECK(scenario.pools[0].engine.block_size == Tokens{32});
  CHECK(scenario.output.folder == "out");
  CHECK(scenario.router.prefill.prefix_weight == 3.0);
  CHECK(std::holds_alternative<UniformLength>(std::get<SyntheticParams>(scenario.workload.classes[0].traffic).input));
  CHECK(scenario.name == "a=b");
}

TEST_CASE("a bad override is reported as the flag it came from") {
  const auto error_of = [](const std::string& text) {
    const std::vector<std::string> overrides{text};
    return errors_of_scenario(kTail, overrides);
  };
  CHECK(error_of("seed=x") == "--set seed=x: seed: got \"x\", expected a whole number");
  CHECK_THAT(error_of("until=5"), Catch::StartsWith("--set until=5: until: got the bare number 5"));
  CHECK(error_of("sede=1") == "--set sede=1: sede: unknown key; did you mean `seed`?");
  CHECK(error_of("pools[3].replicas=1") ==
        "--set pools[3].replicas=1: pools[3]: no such element; the list has 1, counted from 0");
  CHECK(error_of("pools.q.replicas=1") == "--set pools.q.replicas=1: pools.q: no element has this name, expected p");
  CHECK_THAT(error_of("seed"), Catch::Contains("--set seed: expected path=value"));
  CHECK_THAT(error_of("a..b=1"), Catch::Contains("expected path=value"));
  CHECK_THAT(error_of("=1"), Catch::Contains("expected path=value"));
  CHECK(error_of("seed.x=1") == "--set seed.x=1: seed: got a map, expected a whole number");
  CHECK_THAT(error_of("pools[0].name.x=1"), Catch::Contains("pools[0].name: is \"p\", not a map: set it as a whole"));
  CHECK_THAT(error_of("seed[0]=1"), Catch::Contains("seed: is no list"));
  CHECK_THAT(error_of("name="), Catch::Contains("--set name=: name: got nothing, expected a text"));
  CHECK_THAT(error_of("name=[a"), Catch::Contains("--set name=[a"));
  CHECK_THAT(error_of("pools.p.role=decode"),
             Catch::Contains("--set pools.p.role=decode: pools[0].role: a decode pool"));
}

TEST_CASE("names and models that are left out are filled in") {
  const TempFolder folder;
  const Scenario scenario =
      load_scenario(folder.write("my-run.yaml",
                                 "model: llama-3.1-70b\n"
                                 "pools: [{name: p, parallel: {tp: 4}}]\n"
                                 "workload: {classes: [{traffic: {type: synthetic, requests: 1}}]}\n"))
          .scenario;
  CHECK(scenario.name == "my-run");
  CHECK(scenario.pools[0].model == "llama-3.1-70b");
  CHECK(scenario.workload.classes[0].model == "llama-3.1-70b");
}

std::string trace_scenario(const std::string& path) {
  return "pools: [{name: p}]\nworkload:\n  classes:\n    - traffic: {type: trace, path: '" + path + "'}\n";
}

std::string trace_path(const LoadedScenario& loaded) {
  return std::get<TraceParams>(loaded.scenario.workload.classes[0].traffic).path;
}

TEST_CASE("input paths expand variables and are relative to the file that names them") {
  const TempFolder folder;
  const auto trace = folder.write("data/x.jsonl", "{}\n");
  ::unsetenv("CLEAVE_DATA_DIR");
  const LoadOptions options{folder.path() / "data", true};
  const LoadedScenario loaded =
      load_scenario(folder.write("a.yaml", trace_scenario("${CLEAVE_DATA_DIR}/x.jsonl")), {}, options);
  CHECK(trace_path(loaded) == trace.string());
  CHECK_THAT(loaded.resolved_yaml, Catch::Contains("path: ${CLEAVE_DATA_DIR}/x.jsonl\n"));
  CHECK(trace_path(load_scenario(folder.write("sub/b.yaml", trace_scenario("../data/x.jsonl")))) == trace.string());
  ::setenv("CLEAVE_TEST_FOLDER", (folder.path() / "data").c_str(), 1);
  CHECK(trace_path(load_scenario(folder.write("c.yaml", trace_scenario("${CLEAVE_TEST_FOLDER}/x.jsonl")))) ==
        trace.string());
}

TEST_CASE("an input file that is absent is named, with the public source and checksum of a known trace") {
  const TempFolder folder;
  ::unsetenv("CLEAVE_DATA_DIR");
  const LoadOptions options{"/nowhere", true};
  const auto error_of = [&](const std::string& path) {
    return load_error(folder, folder.write("t.yaml", trace_scenario(path)), options);
  };
  CHECK(error_of("gone.csv") ==
        "t.yaml:4:36: workload.classes[0].traffic.path: got \"gone.csv\", but there is no file "
        "gone.csv");
  CHECK_THAT(error_of("${CLEAVE_DATA_DIR}/traces/mooncake_conversation_trace.jsonl.gz"),
             Catch::Contains("there is no file /nowhere/traces/mooncake_conversation_trace.jsonl.gz") &&
                 Catch::Contains("https://github.com/kvcache-ai/Mooncake") &&
                 Catch::Contains("b8cbb061a85206d729d91cdc2981f43c9e0d99209dce588d3af5f7934408b9df") &&
                 Catch::Contains("set CLEAVE_DATA_DIR"));
  CHECK_THAT(error_of("${CLEAVE_NO_SUCH_VARIABLE}/x"),
             Catch::Contains("but the environment variable CLEAVE_NO_SUCH_VARIABLE is not set"));
  CHECK_THAT(error_of("${CLEAVE/x"), Catch::Contains("expected a `}` that closes `${`"));
  LoadOptions relaxed = options;
  relaxed.need_files = false;
  CHECK(load_error(folder, folder.write("t.yaml", trace_scenario("gone.csv")), relaxed) == "no error");
}

}  // namespace
}  // namespace cleave
