#pragma once
// Memory and storage that an option buys beside accelerators, as a price list prices it.

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "models/hardware/tier.h"
#include "sim/scenario/catalogue.h"
#include "sim/scenario/scenario.h"
#include "sim/study/plan/search.h"
#include "sim/study/prices/price_list.h"

namespace cleave {

struct OptionTier {
  std::string name;
  TierScope scope = TierScope::replica;
  Bytes capacity;   // of one instance
  TierSpec medium;  // with the list's prices
  std::optional<Bytes> most_per_accelerator;
};

/// Shape: one entry a tier of the scenario, in its order.
/// Errors: ConfigError for a medium that the list does not price.
[[nodiscard]] std::vector<OptionTier> option_tiers(const Scenario& scenario, const Catalogue& catalogue,
                                                   const PriceList& prices);

/// Instances of each tier of a scenario, as its replicas lie on nodes and racks. Shape: as the scenario's tiers.
[[nodiscard]] std::vector<std::size_t> tier_instances(const Scenario& scenario, const Catalogue& catalogue);

/// The tiers of one option, and how many instances of each go with how many replicas.
class OptionStorage {
 public:
  using LayOut = std::function<std::vector<std::size_t>(const Counts&)>;  // instances by tier

  OptionStorage() = default;  // no tiers
  OptionStorage(std::vector<OptionTier> tiers, LayOut lay_out);

  [[nodiscard]] const std::vector<OptionTier>& tiers() const { return tiers_; }
  [[nodiscard]] const std::vector<std::size_t>& instances(const Counts& replicas) const;

  /// USD an hour for the instances of one tier, and of all.
  [[nodiscard]] double rent_per_hour(std::size_t tier, const Counts& replicas) const;
  [[nodiscard]] double rent_per_hour(const Counts& replicas) const;

  /// Why the tiers cannot be had with so many accelerators; nullopt: they can.
  [[nodiscard]] std::optional<std::string> shortage(const Counts& replicas, std::uint32_t accelerators) const;

 private:
  std::vector<OptionTier> tiers_;
  LayOut lay_out_;
  mutable std::map<Counts, std::vector<std::size_t>> known_;  // laying out takes a millisecond
};

}  // namespace cleave
