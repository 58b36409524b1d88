// The schema, the reader and the resolved scenario say the same.

#include <catch2/catch.hpp>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <random>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "sim/scenario/describe_scenario.h"
#include "sim/scenario/load.h"
#include "sim/scenario/yaml_parser.h"
#include "sim/scenario/yaml_reader.h"
#include "tests/unit/scenario/temp_folder.h"

namespace cleave {
namespace {

using Json = nlohmann::ordered_json;

const std::filesystem::path kFixtures = std::filesystem::path(CLEAVE_SOURCE_DIR) / "tests/fixtures/scenarios";

/// A validator for the part of JSON Schema that the program emits: the first reason why `value` is refused, or "".
std::string refusal(const Json& schema, const Json& value, const std::string& path);

std::string refusal_of_object(const Json& schema, const Json& value, const std::string& path) {
  for (const Json& key : schema.value("required", Json::array())) {
    if (!value.contains(key.get<std::string>())) return path + ": lacks " + key.get<std::string>();
  }
  for (const auto& [key, item] : value.items()) {
    if (schema.contains("properties") && schema["properties"].contains(key)) {
      const std::string why = refusal(schema["properties"][key], item, path + "." + key);
      if (!why.empty()) return why;
    } else if (schema.contains("additionalProperties") && schema["additionalProperties"].is_object()) {
      const std::string why = refusal(schema["additionalProperties"], item, path + "." + key);
      if (!why.empty()) return why;
    } else {
      return path + ": unknown key " + key;
    }
  }
  return {};
}

bool has_type(const std::string& type, const Json& value) {
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "boolean") return value.is_boolean();
  if (type == "integer") return value.is_number_integer();
  if (type == "number") return value.is_number();
  if (type == "null") return value.is_null();
  FAIL("the schema uses an unknown type " << type);
  return false;
}

std::string refusal_of_number(const Json& schema, const Json& value, const std::string& path) {
  const double number = value.get<double>();
  if (schema.contains("minimum") && number < schema["minimum"].get<double>()) return path + ": too small";
  if (schema.contains("exclusiveMinimum") && number <= schema["exclusiveMinimum"].get<double>()) {
    return path + ": too small";
  }
  if (schema.contains("maximum") && number > schema["maximum"].get<double>()) return path + ": too large";
  return {};
}

std::string refusal(const Json& schema, const Json& value, const std::string& path) {
  for (const char* choice : {"anyOf", "oneOf"}) {
    if (!schema.contains(choice)) continue;
    int accepted = 0;
    std::string reasons;
    for (const Json& alternative : schema[choice]) {
      const std::string why = refusal(alternative, value, path);
      accepted += why.empty() ? 1 : 0;
      reasons += why + " | ";
    }
    return accepted == 1 ? "" : reasons + std::to_string(accepted) + " alternatives accept " + path;
  }
  if (schema.contains("const")) return value == schema["const"] ? "" : path + ": another constant";
  if (schema.contains("enum")) {
    for (const Json& name : schema["enum"]) {
      if (name == value) return {};
    }
    return path + ": not in the list";
  }
  const auto type = schema.at("type").get<std::string>();
  if (!has_type(type, value)) return path + ": not of type " + type;
  if (value.is_object()) return refusal_of_object(schema, value, path);
  if (value.is_number()) return refusal_of_number(schema, value, path);
  if (value.is_string() && schema.contains("pattern")) {
    const std::regex pattern(schema["pattern"].get<std::string>(), std::regex::ECMAScript);
    return std::regex_search(value.get<std::string>(), pattern) ? "" : path + ": pattern";
  }
  if (value.is_array()) {
    for (const Json& item : value) {
      const std::string why = refusal(schema.at("items"), item, path + "[]");
      if (!why.empty()) return why;
    }
  }
  return {};
}

/// Every property of a schema, by key path, alternatives together.
void collect_keys(const Json& schema, const std::string& path, std::vector<std::string>& keys) {
  for (const char* choice : {"anyOf", "oneOf"}) {
    for (const Json& alternative : schema.value(choice, Json::array())) collect_keys(alternative, path, keys);
  }
  if (schema.contains("items")) collect_keys(schema["items"], path + "[]", keys);
  const Json properties = schema.value("properties", Json::object());
  for (const auto& [key, property] : properties.items()) {
    keys.push_back(path + "." + key);
    collect_keys(property, path + "." + key, keys);
  }
}

Json schema() {
  static const Json parsed = Json::parse(scenario_schema());
  return parsed;
}

std::vector<std::filesystem::path> good_scenarios() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(kFixtures)) {
    if (entry.path().extension() == ".yaml") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

LoadedScenario load(const std::filesystem::path& file) {
  LoadOptions options;
  options.data_dir = "data";
  options.need_files = false;
  return load_scenario(file, {}, options);
}

TEST_CASE("the schema accepts every good scenario in full") {
  REQUIRE(good_scenarios().size() >= 2);
  for (const auto& file : good_scenarios()) {
    INFO(file);
    CHECK(refusal(schema(), Json::parse(load(file).resolved_json), "") == "");
  }
}

TEST_CASE("the schema refuses what the reader refuses") {
  const Json good = Json::parse(load(kFixtures / "split.yaml").resolved_json);
  const auto refused = [&](const char* pointer, const Json& value) {
    Json bad = good;
    bad[Json::json_pointer(pointer)] = value;
    return refusal(schema(), bad, "");
  };
  CHECK(refused("/seed", 3) == "");
  CHECK(refused("/seed", -1) == ".seed: too small");
  CHECK(refused("/sede", 1) == ": unknown key sede");
  CHECK(refused("/output/warm_up", "5") == ".output.warm_up: pattern");
  CHECK(refused("/output/warm_up", 5) == ".output.warm_up: not of type string");
  CHECK(refused("/transfer/mode", "never") == ".transfer.mode: not in the list");
  CHECK(refused("/transfer/efficiency", 0.0).starts_with(".transfer.efficiency: too small"));
  CHECK(refused("/workload/classes/0/traffic/arrivals/points", 1) != "");
}

/// A value that fits a schema, alternatives drawn at random.
Json sample(const Json& schema, std::mt19937& draw) {
  if (schema.contains("anyOf")) return sample(schema["anyOf"][0], draw);
  if (schema.contains("oneOf")) return sample(schema["oneOf"][draw() % schema["oneOf"].size()], draw);
  if (schema.contains("const")) return schema["const"];
  if (schema.contains("enum")) return schema["enum"][draw() % schema["enum"].size()];
  const auto type = schema.at("type").get<std::string>();
  if (type == "boolean") return true;
  if (type == "array") return Json::array({sample(schema["items"], draw)});
  if (type == "integer" || type == "number") {
    if (schema.contains("exclusiveMinimum")) return schema["exclusiveMinimum"].get<double>() + 1;
    return schema.contains("minimum") ? schema["minimum"] : schema.value("maximum", Json(1));
  }
  if (type == "string") {
    const std::regex pattern(schema.value("pattern", ".*"));
    for (const char* text : {"1 s", "1 GB", "1 GB/s", "1 req/s", "1 $/h"}) {
      if (std::regex_match(text, pattern)) return text;
    }
  }
  Json object = Json::object();
  const Json properties = schema.value("properties", Json::object());
  for (const auto& [key, property] : properties.items()) object[key] = sample(property, draw);
  if (schema.at("additionalProperties").is_object()) object["1"] = sample(schema["additionalProperties"], draw);
  return object;
}

void collect_paths(const Json& value, const std::string& path, std::set<std::string>& paths) {
  if (value.is_array()) {
    for (const Json& item : value) collect_paths(item, path + "[]", paths);
  }
  if (!value.is_object()) return;
  for (const auto& [key, item] : value.items()) {
    paths.insert(path + "." + key);
    collect_paths(item, path + "." + key, paths);
  }
}

TEST_CASE("every key of the schema is known to the reader and written by the resolved scenario") {
  std::vector<std::string> in_schema;
  collect_keys(schema(), "", in_schema);
  std::set<std::string> written;
  std::mt19937 draw(1);
  Json without_include = schema();
  without_include["properties"].erase("include");
  for (int i = 0; i < 300; ++i) {
    const std::string text = sample(without_include, draw).dump(1);
    INFO(text);
    Diagnostics diagnostics;
    Scenario scenario;
    const auto tree = parse_yaml(text, "sample", diagnostics);
    REQUIRE(tree);
    read_document(*tree, scenario, diagnostics);
    try {
      diagnostics.throw_if_any();
    } catch (const ConfigError& error) {
      std::istringstream lines(error.what());
      for (std::string line; std::getline(lines, line);) {
        INFO(line);
        CHECK(line.find(": belongs to ") != std::string::npos);  // parameters of a policy that was not drawn
      }
    }
    collect_paths(Json::parse(resolved_json(scenario)), "", written);
  }
  for (const std::string& key : in_schema) {
    INFO(key);
    CHECK((key == ".include" || written.count(key) == 1));
  }
}

TEST_CASE("a resolved scenario reads back to itself, as YAML and as JSON") {
  const TempFolder folder;
  for (const auto& file : good_scenarios()) {
    INFO(file);
    const LoadedScenario loaded = load(file);
    CHECK(load(folder.write("r.yaml", loaded.resolved_yaml)).resolved_json == loaded.resolved_json);
    CHECK(load(folder.write("r.json", loaded.resolved_json)).resolved_yaml == loaded.resolved_yaml);
  }
}

TEST_CASE("texts that YAML could take for something else survive the round trip") {
  const TempFolder folder;
  for (const std::string text :
       {"2024",  "1e5", "true",       "~",          "null",     "no",          "",    " a ", "a: b", "#x", "- a",
        "\"q\"", "'",   "two\nlines", "tab\there",  "é",        "@a",          "010", "{a}", "[a",   "*a", "&a",
        "a #b",  "a:",  "%a",         "2024-01-01", "12:30:45", "back\\slash", ".5",  "+1",  "0x1F", "$x", "-"}) {
    Scenario scenario = load(kFixtures / "split.yaml").scenario;
    scenario.description = text;
    INFO(text);
    CHECK(load(folder.write("r.yaml", resolved_yaml(scenario))).scenario.description == text);
  }
}

TEST_CASE("every property of the schema has a description") {
  const auto visit = [](const auto& self, const Json& node, const std::string& path) -> void {
    for (const char* choice : {"anyOf", "oneOf"}) {
      for (const Json& alternative : node.value(choice, Json::array())) self(self, alternative, path);
    }
    if (node.contains("items")) self(self, node["items"], path + "[]");
    const Json properties = node.value("properties", Json::object());
    for (const auto& [key, property] : properties.items()) {
      INFO(path + "." + key);
      CHECK((property.contains("description") || property.contains("const")));
      self(self, property, path + "." + key);
    }
  };
  visit(visit, schema(), "");
}

}  // namespace
}  // namespace cleave
