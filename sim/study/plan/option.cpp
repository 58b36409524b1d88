#include "sim/study/plan/option.h"

#include <fmt/format.h>

#include <set>

#include "models/units/text.h"
#include "sim/study/sweep/tree_field.h"

namespace cleave {
namespace {

Tree scalar(const std::string& text) {
  Tree tree;
  tree.kind = Tree::Kind::scalar;
  tree.scalar = text;
  tree.where.source = "the plan's pools";
  return tree;
}

Tree map_of(std::vector<std::pair<std::string, Tree>> entries) {
  Tree tree;
  tree.kind = Tree::Kind::map;
  tree.where.source = "the plan's pools";
  for (auto& [key, value] : entries) tree.entries.push_back({key, tree.where, std::move(value)});
  return tree;
}

/// What one pool may be made of.
std::vector<PlanChoice> choices_of(const PlanPool& pool, const PriceList& prices, const Catalogue& catalogue,
                                   std::set<std::string>& notes) {
  std::vector<PlanChoice> choices;
  for (const std::string& hardware : pool.hardware) {
    const DeviceSpec* device = catalogue.find_device(hardware);
    if (device == nullptr) {
      notes.insert(catalogue.unknown_name(CatalogueKind::hardware, hardware));
      continue;
    }
    const auto price = prices.accelerators.find(hardware);
    if (price == prices.accelerators.end()) {
      notes.insert(fmt::format("{} has no price in {}: it is left out", hardware, prices.name));
      continue;
    }
    if (price->second.confidence == Confidence::assumed) {
      notes.insert(fmt::format("{} assumes the price of {}, {}: {}", prices.name, hardware, format(price->second.value),
                               price->second.source));
    }
    if (!prices.power.host.contains(hardware)) {
      notes.insert(fmt::format("{} does not say what the servers around {} draw: their power is left out", prices.name,
                               hardware));
    }
    for (const std::uint32_t tp : pool.tp) {
      for (const std::uint32_t pp : pool.pp) {
        for (const std::uint32_t cp : pool.cp) {
          choices.push_back({pool.name, pool.role, hardware, tp, pp, price->second.value.value(),
                             device->power.value.value(), &pool, cp});
        }
      }
    }
  }
  return choices;
}

void add_settings(Settings& settings, const SettingMap& map) {
  for (const auto& [path, value] : map) settings.push_back({path, value});
}

/// One way to fill in a layout beside its pools.
struct Alternative {
  std::string name;
  Settings settings;
};

/// Every option with every combination of what may be chosen.
std::vector<Alternative> alternatives_of(const PlanLayout& layout) {
  std::vector<Alternative> all;
  for (const auto& [name, set] : layout.options) {
    add_settings(all.emplace_back(Alternative{name, {}}).settings, set);
  }
  if (all.empty()) all.emplace_back();
  for (const auto& [path, values] : layout.choose) {
    std::vector<Alternative> longer;
    for (const Alternative& shorter : all) {
      for (const Tree& value : values) {
        Alternative& next = longer.emplace_back(shorter);
        next.name += fmt::format("{}{} {}", next.name.empty() ? "" : ", ", path, one_line(value));
        next.settings.push_back({path, value});
      }
    }
    all = std::move(longer);
  }
  return all;
}

}  // namespace

std::vector<PlanOption> options_of(const PlanParams& plan, const PriceList& prices, const Catalogue& catalogue,
                                   std::vector<std::string>& notes) {
  std::vector<PlanOption> options;
  std::set<std::string> told;
  for (const PlanLayout& layout : plan.layouts) {
    std::vector<std::vector<PlanChoice>> combinations{{}};
    for (const PlanPool& pool : layout.pools) {
      std::vector<std::vector<PlanChoice>> longer;
      for (const auto& combination : combinations) {
        for (const PlanChoice& choice : choices_of(pool, prices, catalogue, told)) {
          longer.push_back(combination);
          longer.back().push_back(choice);
        }
      }
      combinations = std::move(longer);
    }
    const std::vector<Alternative> alternatives = alternatives_of(layout);
    for (const auto& combination : combinations) {
      for (const Alternative& alternative : alternatives) {
        PlanOption& option = options.emplace_back(PlanOption{layout.name, alternative.name, combination, {}});
        add_settings(option.settings, layout.set);
        option.settings.insert(option.settings.end(), alternative.settings.begin(), alternative.settings.end());
      }
    }
  }
  notes.insert(notes.end(), told.begin(), told.end());
  return options;
}

Settings settings_of(const PlanOption& option, const Counts& counts) {
  Tree pools;
  pools.kind = Tree::Kind::list;
  pools.where.source = "the plan's pools";
  for (std::size_t i = 0; i < option.pools.size(); ++i) {
    const PlanChoice& choice = option.pools[i];
    pools.items.push_back(map_of({{"name", scalar(choice.pool)},
                                  {"role", scalar(choice.role)},
                                  {"replicas", scalar(std::to_string(counts[i]))},
                                  {"hardware", scalar(choice.hardware)},
                                  {"price", scalar(format(UsdPerHour{choice.price}))},
                                  {"parallel", map_of({{"tp", scalar(std::to_string(choice.tp))},
                                                       {"pp", scalar(std::to_string(choice.pp))},
                                                       {"cp", scalar(std::to_string(choice.cp))}})}}));
  }
  Settings settings{{"pools", std::move(pools)}};
  for (const PlanChoice& choice : option.pools) {
    for (const auto& [path, value] : choice.params->with)
      settings.push_back({"pools." + choice.pool + "." + path, value});
  }
  settings.insert(settings.end(), option.settings.begin(), option.settings.end());
  return settings;
}

std::string text_of(const PlanOption& option, const Counts& counts) {
  std::string text = option.layout + ":";
  for (std::size_t i = 0; i < option.pools.size(); ++i) {
    const PlanChoice& choice = option.pools[i];
    text += i == 0 ? " " : ", ";
    if (!counts.empty()) text += fmt::format("{} x ", counts[i]);
    text += choice.hardware;
    if (choice.tp > 1) text += fmt::format(" tp {}", choice.tp);
    if (choice.pp > 1) text += fmt::format(" pp {}", choice.pp);
    if (choice.cp > 1) text += fmt::format(" cp {}", choice.cp);
    text += " " + choice.pool;
  }
  if (!option.option.empty()) text += ", " + option.option;
  return text;
}

std::string text_of(const PlanOption& option) {
  return text_of(option, {});
}

}  // namespace cleave
