#include "sim/study/plan/storage.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "models/tier/tier_cost.h"
#include "models/units/error.h"
#include "models/units/text.h"
#include "sim/cluster/simulation.h"

namespace cleave {
namespace {

constexpr double kHoursPerMonth = 730;

Bytes whole_capacity(const OptionTier& tier, std::size_t instances) {
  return static_cast<std::int64_t>(instances) * tier.capacity;
}

}  // namespace

std::vector<OptionTier> option_tiers(const Scenario& scenario, const Catalogue& catalogue, const PriceList& prices) {
  std::vector<OptionTier> tiers;
  for (const TierParams& params : scenario.tiers) {
    const auto price = prices.tiers.find(params.medium);
    if (price == prices.tiers.end()) {
      throw ConfigError(fmt::format("tier {}: {} has no price in {}", params.name, params.medium, prices.name));
    }
    OptionTier& tier = tiers.emplace_back();
    tier.name = params.name;
    tier.scope = params.scope;
    tier.capacity = params.capacity;
    tier.medium = priced(catalogue.tier(params.medium), price->second);
    if (price->second.most_per_accelerator) tier.most_per_accelerator = price->second.most_per_accelerator->value;
  }
  return tiers;
}

std::vector<std::size_t> tier_instances(const Scenario& scenario, const Catalogue& catalogue) {
  const Simulation simulation(scenario, catalogue);
  std::vector<std::size_t> instances;
  for (const TierPlaces& places : simulation.platform().tiers) instances.push_back(places.instances.size());
  return instances;
}

OptionStorage::OptionStorage(std::vector<OptionTier> tiers, LayOut lay_out)
    : tiers_(std::move(tiers)), lay_out_(std::move(lay_out)) {}

const std::vector<std::size_t>& OptionStorage::instances(const Counts& replicas) const {
  const auto found = known_.find(replicas);
  if (found != known_.end()) return found->second;
  const bool of_replicas = std::all_of(tiers_.begin(), tiers_.end(),
                                       [](const OptionTier& tier) { return tier.scope == TierScope::replica; });
  const std::size_t all = std::accumulate(replicas.begin(), replicas.end(), std::size_t{0});
  auto counted = of_replicas ? std::vector<std::size_t>(tiers_.size(), all) : lay_out_(replicas);
  return known_.emplace(replicas, std::move(counted)).first->second;
}

double OptionStorage::rent_per_hour(std::size_t tier, const Counts& replicas) const {
  const auto month = rent_per_month(tiers_[tier].medium, whole_capacity(tiers_[tier], instances(replicas)[tier]));
  return month ? month->value() / kHoursPerMonth : 0;
}

double OptionStorage::rent_per_hour(const Counts& replicas) const {
  double sum = 0;
  for (std::size_t tier = 0; tier < tiers_.size(); ++tier) sum += rent_per_hour(tier, replicas);
  return sum;
}

std::optional<std::string> OptionStorage::shortage(const Counts& replicas, std::uint32_t accelerators) const {
  for (std::size_t t = 0; t < tiers_.size(); ++t) {
    const OptionTier& tier = tiers_[t];
    if (!tier.most_per_accelerator) continue;
    const Bytes wanted = whole_capacity(tier, instances(replicas)[t]);
    const Bytes most = static_cast<std::int64_t>(accelerators) * *tier.most_per_accelerator;
    if (wanted <= most) continue;
    return fmt::format("tier {}: {} of {} are wanted, and {} come with {} accelerators", tier.name, format(wanted),
                       tier.medium.name, format(most), accelerators);
  }
  return std::nullopt;
}

}  // namespace cleave
