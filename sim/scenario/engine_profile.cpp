#include "sim/scenario/engine_profile.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "sim/scenario/catalogue.h"
#include "sim/scenario/catalogue_fields.h"
#include "sim/scenario/describe_serving.h"
#include "sim/scenario/scenario.h"
#include "sim/scenario/yaml_reader.h"

namespace cleave {
namespace {

/// `{value: ..., source: ..., confidence: ...}`; the value is of any kind.
struct SettingText {
  std::string source;
  Confidence confidence = Confidence::assumed;
};

template <class V>
void describe(V& v, SettingText& text) {
  v.field("source", text.source, "where the value comes from", required().not_empty());
  v.field("confidence", text.confidence, "how well it is known", required());
}

std::vector<EngineSetting> read_settings(const Tree& map, const std::string& path, Diagnostics& diagnostics) {
  std::vector<EngineSetting> settings;
  for (const TreeEntry& entry : map.entries) {
    const std::string own = path + "." + entry.key;
    const TreeEntry* value = entry.value.entry("value");
    if (value == nullptr) {
      diagnostics.add(entry.where, own, "got no `value`, expected {value: ..., source: ..., confidence: ...}");
      continue;
    }
    Tree rest = entry.value;
    std::erase_if(rest.entries, [](const TreeEntry& e) { return e.key == "value"; });
    SettingText text;
    read_value(ReadContext{rest, own, Rule{}, diagnostics}, text);
    settings.push_back({entry.key, value->value, text.source, text.confidence});
  }
  return settings;
}

MemoryCase read_case(const Tree& node, const std::string& path, Diagnostics& diagnostics) {
  MemoryCase one;
  const Rule rule;
  if (const TreeEntry* size = node.entry("at_least")) {
    read_value(ReadContext{size->value, path + ".at_least", rule, diagnostics}, one.at_least);
  }
  if (const TreeEntry* except = node.entry("except")) {
    read_value(ReadContext{except->value, path + ".except", rule, diagnostics}, one.except);
  }
  if (const TreeEntry* settings = node.entry("settings")) {
    one.settings = read_settings(settings->value, path + ".settings", diagnostics);
  }
  for (const TreeEntry& entry : node.entries) {
    if (entry.key == "at_least" || entry.key == "except" || entry.key == "settings") continue;
    diagnostics.add(entry.where, path + "." + entry.key, "unknown key, expected at_least, except, settings");
  }
  return one;
}

bool fits(const MemoryCase& one, std::string_view hardware, Bytes memory) {
  if (one.at_least && memory < *one.at_least) return false;
  return std::none_of(one.except.begin(), one.except.end(),
                      [&](const std::string& name) { return hardware.starts_with(name); });
}

void put(Tree& map, const EngineSetting& setting) {
  Tree* node = &map;
  for (const PathStep& step : split_path(setting.key)) {
    node->kind = Tree::Kind::map;
    TreeEntry* entry = node->entry(step.key);
    if (entry == nullptr) {
      node->entries.push_back({step.key, setting.value.where, Tree{}});
      entry = &node->entries.back();
    }
    node = &entry->value;
  }
  *node = setting.value;
}

Tree scalar(std::string_view text, const Position& where) {
  Tree node;
  node.kind = Tree::Kind::scalar;
  node.scalar = text;
  node.where = where;
  return node;
}

}  // namespace

EngineProfile read_engine_profile(const Tree& tree, std::string name, Diagnostics& diagnostics) {
  EngineProfile profile;
  profile.name = std::move(name);
  for (const TreeEntry& entry : tree.entries) {
    if (entry.key == "description") {
      profile.description = entry.value.scalar;
    } else if (entry.key == "settings") {
      profile.settings = read_settings(entry.value, "settings", diagnostics);
    } else if (entry.key == "by_memory") {
      for (std::size_t i = 0; i < entry.value.items.size(); ++i) {
        profile.by_memory.push_back(read_case(entry.value.items[i], fmt::format("by_memory[{}]", i), diagnostics));
      }
    } else {
      diagnostics.add(entry.where, entry.key, "unknown key, expected description, settings, by_memory");
    }
  }
  // Every case must make sense as an engine's settings.
  for (std::size_t i = 0; i <= profile.by_memory.size(); ++i) {
    Tree map;
    map.kind = Tree::Kind::map;
    map.where = tree.where;
    for (const EngineSetting& setting : profile.settings) put(map, setting);
    if (i < profile.by_memory.size()) {
      for (const EngineSetting& setting : profile.by_memory[i].settings) put(map, setting);
    }
    EngineParams read;
    read_document(map, read, diagnostics);
  }
  return profile;
}

Tree settings_of(const EngineProfile& profile, std::string_view hardware, Bytes memory) {
  Tree map;
  map.kind = Tree::Kind::map;
  for (const EngineSetting& setting : profile.settings) put(map, setting);
  const auto one = std::find_if(profile.by_memory.begin(), profile.by_memory.end(),
                                [&](const MemoryCase& c) { return fits(c, hardware, memory); });
  if (one != profile.by_memory.end()) {
    for (const EngineSetting& setting : one->settings) put(map, setting);
  }
  return map;
}

EngineParams engine_params(const EngineProfile& profile, std::string_view hardware, Bytes memory) {
  EngineParams params;
  Diagnostics diagnostics;
  read_document(settings_of(profile, hardware, memory), params, diagnostics);
  diagnostics.throw_if_any();
  params.profile = profile.name;
  return params;
}

void lay_over_profiles(Tree& scenario, const Catalogue& catalogue, Diagnostics& diagnostics) {
  TreeEntry* pools = scenario.entry("pools");
  if (pools == nullptr || pools->value.kind != Tree::Kind::list) return;
  for (std::size_t i = 0; i < pools->value.items.size(); ++i) {
    Tree& pool = pools->value.items[i];
    if (pool.kind != Tree::Kind::map) continue;
    TreeEntry* engine = pool.entry("engine");
    if (engine != nullptr && engine->value.kind == Tree::Kind::list) continue;
    const TreeEntry* hardware = pool.entry("hardware");
    const PoolParams defaults;
    const std::string name = hardware != nullptr ? hardware->value.scalar : defaults.hardware;
    const DeviceSpec* device = catalogue.find_device(name);
    if (device == nullptr) continue;  // reported later, with its place

    Tree own;
    own.where = pool.where;
    own.kind = Tree::Kind::map;
    if (engine != nullptr && engine->value.kind == Tree::Kind::scalar) {
      own.entries.push_back({"profile", engine->where, engine->value});
    } else if (engine != nullptr && engine->value.kind == Tree::Kind::map) {
      own = engine->value;
    }
    const TreeEntry* named = own.entry("profile");
    const std::string profile_name = named != nullptr ? named->value.scalar : defaults.engine.profile;
    const EngineProfile* profile = catalogue.find_engine(profile_name);
    if (profile == nullptr) {
      const auto known = catalogue.names(CatalogueKind::engine);
      diagnostics.add(
          named != nullptr ? named->value.where : pool.where, fmt::format("pools[{}].engine.profile", i),
          fmt::format("got \"{}\", expected {}{}", profile_name, listing(known), suggestion(profile_name, known)));
      continue;
    }
    Tree merged = settings_of(*profile, name, device->memory.size.value);
    if (named == nullptr) own.entries.push_back({"profile", pool.where, scalar(profile_name, pool.where)});
    const Position where = engine != nullptr ? engine->value.where : pool.where;
    merge(merged, std::move(own));
    merged.where = where;
    if (engine != nullptr)
      engine->value = std::move(merged);
    else
      pool.entries.push_back({"engine", pool.where, std::move(merged)});
  }
}

}  // namespace cleave
