#include "sim/study/sweep/family.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "models/cost/device_calibration.h"
#include "models/units/error.h"
#include "sim/scenario/overrides.h"
#include "sim/scenario/paths.h"
#include "sim/study/sweep/tree_field.h"

namespace cleave {
namespace {

/// Source: Fowler, Noll, Vo: FNV-1a with 64 bits; the last mix is the finaliser of Steele and others' SplitMix64, so
/// that similar texts differ in all digits.
std::uint64_t hash_of(std::string_view text) {
  std::uint64_t h = 14695981039346656037ULL;
  for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  h = (h ^ (h >> 30)) * 0xbf58476d1ce4e5b9ULL;
  h = (h ^ (h >> 27)) * 0x94d049bb133111ebULL;
  return h ^ (h >> 31);
}

void collect_texts(const nlohmann::ordered_json& node, std::set<std::string>& texts) {
  if (node.is_string()) {
    texts.insert(node.get<std::string>());
  } else if (node.is_structured()) {
    for (const auto& item : node) collect_texts(item, texts);
  }
}

}  // namespace

ScenarioFamily::ScenarioFamily(const std::filesystem::path& scenario, Settings set, const Catalogue& catalogue,
                               std::filesystem::path data_dir)
    : path_(scenario), set_(std::move(set)), options_{std::move(data_dir), true, &catalogue} {
  Diagnostics diagnostics;
  auto read = read_with_includes(scenario, diagnostics);
  if (!read) diagnostics.throw_if_any();
  diagnostics.throw_if_any();
  read_ = std::move(*read);
}

LoadedScenario ScenarioFamily::variant(const Settings& settings, std::uint64_t seed) const {
  IncludedTree copy = read_;
  Diagnostics diagnostics;
  for (const Settings* part : {&set_, &settings}) {
    for (const Setting& setting : *part) {
      set_value(copy.tree, setting.path, setting.value, setting.value.where, diagnostics);
    }
  }
  diagnostics.throw_if_any();
  Tree number;
  number.kind = Tree::Kind::scalar;
  number.scalar = std::to_string(seed);
  set_value(copy.tree, "seed", std::move(number), Position{"seed"}, diagnostics);
  LoadedScenario loaded = resolve_scenario(std::move(copy), path_, options_);
  for (const PoolParams& pool : loaded.scenario.pools) {
    // Read before children are forked, so that they share it.
    if (pool.cost != "calibrated") continue;
    (void)shared_calibration(options_.catalogue->hardware_folder(), options_.catalogue->device(pool.hardware));
  }
  return loaded;
}

std::string point_hash(const LoadedScenario& loaded, const Catalogue& catalogue, ContentHashes& inputs) {
  Scenario scenario = loaded.scenario;
  visit_input_paths(scenario, [&](std::string& path) { path = inputs.of(path); });
  auto resolved = nlohmann::ordered_json::parse(resolved_json(scenario));
  for (const char* cosmetic : {"seed", "name", "description"}) resolved.erase(cosmetic);
  std::set<std::string> texts;
  collect_texts(resolved, texts);
  std::string text = resolved.dump();
  for (const std::string& name : texts) {
    for (const CatalogueItem* item : catalogue.find_items(name)) text += fmt::format("\n{} {:016x}", name, item->hash);
  }
  if (scenario.prices) {
    const auto list = catalogue.folder() / "prices" / (*scenario.prices + ".yaml");
    if (std::filesystem::exists(list)) text += fmt::format("\n{} {}", *scenario.prices, inputs.of(list));
  }
  return text_hash(text);
}

std::string text_hash(std::string_view text) {
  return fmt::format("{:016x}", hash_of(text));
}

nlohmann::ordered_json json_of_settings(const Settings& settings) {
  nlohmann::ordered_json object = nlohmann::ordered_json::object();
  for (const Setting& setting : settings) object[setting.path] = json_of_tree(setting.value);
  return object;
}

}  // namespace cleave
