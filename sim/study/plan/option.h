#pragma once
// One choice of everything but the numbers of replicas, and what is known of it before any simulation.

#include <string>
#include <vector>

#include "sim/scenario/catalogue.h"
#include "sim/study/plan/plan.h"
#include "sim/study/plan/search.h"
#include "sim/study/prices/price_list.h"
#include "sim/study/sweep/family.h"

namespace cleave {

struct PlanChoice {
  std::string pool;
  std::string role;
  std::string hardware;
  std::uint32_t tp = 1;
  std::uint32_t pp = 1;
  double price = 0;        // USD an hour, of one accelerator
  double rated_power = 0;  // W, of one accelerator
  const PlanPool* params = nullptr;
  std::uint32_t cp = 1;
  [[nodiscard]] std::uint32_t accelerators() const { return tp * pp * cp; }
};

struct PlanOption {
  std::string layout;
  std::string option;  // its name; empty when the layout has none
  std::vector<PlanChoice> pools;
  Settings settings;  // beside the pools
};

/// Every option of a plan under a price list. Hardware that the list does not price gives none, and is told in `notes`.
[[nodiscard]] std::vector<PlanOption> options_of(const PlanParams& plan, const PriceList& prices,
                                                 const Catalogue& catalogue, std::vector<std::string>& notes);

/// The settings that make a scenario of an option and counts: its pools as a whole, with their prices, and the rest.
[[nodiscard]] Settings settings_of(const PlanOption& option, const Counts& counts);

/// "split: 2 x h100-sxm prefill, 4 x h200-sxm (tp 2) decode, decode_kv pull".
[[nodiscard]] std::string text_of(const PlanOption& option, const Counts& counts);

/// The same without counts.
[[nodiscard]] std::string text_of(const PlanOption& option);

}  // namespace cleave
