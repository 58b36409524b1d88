#pragma once
// One option with all that is known of it before it is simulated: what its replicas can carry at best, what it costs,
// and what the limits leave of it.

#include <functional>
#include <string>
#include <vector>

#include "sim/study/plan/bound.h"
#include "sim/study/plan/option.h"
#include "sim/study/plan/search.h"
#include "sim/study/plan/storage.h"

namespace cleave {

struct OfferContext {
  const PlanParams& plan;
  const PriceList& prices;
  const Catalogue& catalogue;
};

class Offer {
 public:
  /// The option as a scenario with so many replicas. Errors: ConfigError when it cannot run.
  using ScenarioOf = std::function<LoadedScenario(const Counts&)>;

  /// Borrows the context and the option. Stays where it is: the group's functions refer to it.
  Offer(const OfferContext& context, const PlanOption& option, ScenarioOf scenario_of, const PilotLoad& load);
  Offer(const Offer&) = delete;
  Offer& operator=(const Offer&) = delete;

  [[nodiscard]] const SearchGroup& group() const { return group_; }
  [[nodiscard]] const std::vector<ReplicaCapacity>& capacities() const { return capacities_; }  // by pool
  [[nodiscard]] const OptionStorage& storage() const { return storage_; }
  /// Why no number of replicas can run or be had; empty: some may.
  [[nodiscard]] const std::string& impossible() const { return impossible_; }

 private:
  void read_option(const PilotLoad& load);
  [[nodiscard]] std::uint32_t accelerators(const Counts& counts) const;
  [[nodiscard]] bool within_limits(const Counts& counts) const;

  OfferContext context_;
  const PlanOption& option_;
  ScenarioOf scenario_of_;
  SearchGroup group_;
  std::vector<ReplicaCapacity> capacities_;
  OptionStorage storage_;
  std::string impossible_;
};

}  // namespace cleave
