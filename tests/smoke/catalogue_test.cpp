// list, show, schema, validate.

#include <nlohmann/json.hpp>

#include "tests/smoke/process.h"

namespace cleave {
namespace {

using Catch::Contains;
using Json = nlohmann::json;

const std::filesystem::path kScenarios = std::filesystem::path(CLEAVE_SOURCE_DIR) / "scenarios";

TEST_CASE("every kind that list names can be listed, and is not empty") {
  const Json kinds = Json::parse(cleave({"list", "--format", "json"}).out);
  REQUIRE(kinds.size() >= 10);
  for (const Json& kind : kinds) {
    const std::string name = kind["name"];
    INFO(name);
    const Answer answer = cleave({"list", name, "--format", "json"});
    REQUIRE(answer.code == 0);
    CHECK_FALSE(Json::parse(answer.out).empty());
    CHECK(cleave({"list", name}).code == 0);
  }
}

TEST_CASE("the catalogue has the hardware and models that the documentation names") {
  const std::string hardware = cleave({"list", "hardware"}).out;
  for (const std::string& name :
       std::vector<std::string>{"a100-80-sxm", "h100-sxm", "h200-sxm", "b200-sxm", "trainium2", "wse-3"}) {
    CHECK_THAT(hardware, Contains(name));
  }
  const std::string models = cleave({"list", "models"}).out;
  for (const std::string& name :
       std::vector<std::string>{"llama-3.1-8b", "llama-3.1-70b", "qwen3-32b", "qwen3-30b-a3b", "deepseek-v3"}) {
    CHECK_THAT(models, Contains(name));
  }
}

TEST_CASE("an unknown kind names the nearest") {
  const Answer answer = cleave({"list", "polices"});
  CHECK(answer.code == 2);
  CHECK_THAT(answer.err, Contains("did you mean `policies`?"));
}

TEST_CASE("whatever list prints, show explains") {
  for (const std::string& kind :
       std::vector<std::string>{"hardware", "models", "links", "tiers", "policies", "arrivals", "traces"}) {
    const Json rows = Json::parse(cleave({"list", kind, "--format", "json"}).out);
    const std::string name = rows.at(0)["name"];
    INFO(kind << " " << name);
    const Answer answer = cleave({"show", name});
    CHECK(answer.code == 0);
    CHECK_THAT(answer.out, Contains(name));
  }
}

TEST_CASE("each stated number of an accelerator has a source") {
  const Json entry = Json::parse(cleave({"show", "h100-sxm", "--format", "json"}).out).at(0);
  bool any = false;
  for (const Json& row : entry["values"]) {
    if (row["confidence"] != "published" && row["confidence"] != "measured") continue;
    any = true;
    INFO(row.dump());
    CHECK_FALSE(row["source"].get<std::string>().empty());
  }
  CHECK(any);
}

TEST_CASE("an accelerator is found by its kind and the beginning of its name, each figure with source and confidence") {
  const Answer answer = cleave({"show", "hardware", "h200"});
  REQUIRE(answer.code == 0);
  CHECK_THAT(answer.out, Contains("h200-sxm (hardware)") && Contains("memory.bandwidth") && Contains("4.8 TB/s"));
  const Json entry = Json::parse(cleave({"show", "hardware", "h200", "--format", "json"}).out).at(0);
  for (const Json& row : entry["values"]) {
    const std::string key = row["key"];
    if (key == "description" || key == "kernels_of" || key.starts_with("price.")) continue;  // no figures
    INFO(row.dump());
    CHECK_FALSE(row["source"].get<std::string>().empty());
    CHECK_FALSE(row["confidence"].get<std::string>().empty());
  }
  CHECK(cleave({"show", "protocols", "rdma-read"}).code == 0);
  CHECK(cleave({"show", "models", "h200-sxm"}).code == 2);
  CHECK(cleave({"show", "hardwares", "h200-sxm"}).code == 2);
}

TEST_CASE("an unknown name is refused with the nearest") {
  const Answer answer = cleave({"show", "h10-sxm"});
  CHECK(answer.code == 2);
  CHECK_THAT(answer.err, Contains("did you mean `h100-sxm`?"));
}

TEST_CASE("the schema is JSON, and as text lists every field") {
  const Answer json = cleave({"schema"});
  REQUIRE(json.code == 0);
  CHECK(Json::parse(json.out)["properties"].contains("pools"));
  CHECK_THAT(cleave({"schema", "--format", "text"}).out, Contains("pools[].replicas"));
}

TEST_CASE("validate accepts every scenario of the repository") {
  std::vector<std::string> arguments{"validate", "--no-files"};
  for (const auto& entry : std::filesystem::recursive_directory_iterator(kScenarios)) {
    const std::string name = entry.path().filename().string();
    if (entry.path().extension() == ".yaml" && !name.ends_with("expect.yaml"))
      arguments.push_back(entry.path().string());
  }
  REQUIRE(arguments.size() > 2);
  const Answer answer = cleave(arguments);
  INFO(answer.err);
  CHECK(answer.code == 0);
}

TEST_CASE("validate reports every mistake of every file, with its place") {
  const Scratch scratch;
  write_file(scratch.path() / "a.yaml", "seed: many\npols: []\n");
  write_file(scratch.path() / "b.yaml", "pools: 3\n");
  const Answer answer = cleave_in(scratch.path(), {"validate", "a.yaml", "b.yaml"});
  CHECK(answer.code == 2);
  CHECK_THAT(answer.err, Contains("a.yaml:1:7") && Contains("did you mean `pools`?") && Contains("b.yaml:1:8"));
  const Json json = Json::parse(cleave_in(scratch.path(), {"validate", "a.yaml", "b.yaml", "--format", "json"}).out);
  CHECK(json.at(0)["errors"].size() >= 2);
  CHECK(json.at(1)["valid"] == false);
}

TEST_CASE("validate reads a trace whole, and knows files of expected values") {
  const Scratch scratch;
  write_file(
      scratch.path() / "trace.csv",
      "request,session,parent,arrival_s,gap_s,input_tokens,output_tokens,prompt\n0,0,,0.0,,10,5,1:0+10\n1,1,,oops");
  write_file(scratch.path() / "traced.yaml",
             "pools:\n  - {name: all, hardware: h100-sxm}\nworkload:\n  classes:\n    - name: traced\n      traffic: "
             "{type: trace, format: cleave, path: trace.csv}\n");
  const Answer broken = cleave({"validate", (scratch.path() / "traced.yaml").string()});
  CHECK(broken.code == 2);
  CHECK(broken.err.find("trace.csv:3") != std::string::npos);
  const Answer expect = cleave({"validate", (kScenarios / "validation/mooncake-prefix-hits.expect.yaml").string()});
  CHECK(expect.code == 0);
}

TEST_CASE("an option with named values tells them, and which name is none of them") {
  const Answer answer = cleave({"explain", "step", "--model", "llama-3.1-8b", "--hardware", "h100-sxm", "--batch",
                                "4x100", "--peer-access", "drect"});
  CHECK(answer.code == 2);
  CHECK_THAT(answer.err, Contains("--peer-access: got \"drect\", expected direct|host"));
  CHECK_THAT(cleave({"explain", "step", "--help"}).out, Contains("--peer-access direct|host "));
}

}  // namespace
}  // namespace cleave
