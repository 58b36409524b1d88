#include "sim/cluster/regions.h"

#include <algorithm>

#include "models/units/check.h"

namespace cleave {

RegionMap::RegionMap(const Scenario& scenario) : names_(scenario.federation.regions) {
  if (names_.empty()) names_.emplace_back();
  count_ = names_.size();
  rtt_.resize(count_ * count_);
  bandwidth_.resize(count_ * count_);
  for (const WanLinkParams& link : scenario.federation.links) {
    const std::size_t a = named(link.between[0]).index();
    const std::size_t b = named(link.between[1]).index();
    for (const std::size_t pair : {a * count_ + b, b * count_ + a}) {
      rtt_[pair] = link.rtt;
      bandwidth_[pair] = link.bandwidth;
    }
  }
}

RegionId RegionMap::named(const std::string& name) const {
  if (name.empty()) return RegionId{0};
  const auto at = std::find(names_.begin(), names_.end(), name);
  SIM_CHECK(at != names_.end(), "a region that the scenario does not name");
  return RegionId{static_cast<std::size_t>(at - names_.begin())};
}

}  // namespace cleave
