#pragma once
// The regions of a scenario by number, and the distances between them.

#include <string>
#include <vector>

#include "models/units/region.h"
#include "sim/scenario/scenario.h"

namespace cleave {

/// Without regions there is one, which is at no distance from itself.
class RegionMap {
 public:
  /// Errors: a link or name that the scenario reader would have refused is a bug.
  explicit RegionMap(const Scenario& scenario);

  [[nodiscard]] std::size_t count() const { return count_; }
  /// The empty name is the first region's.
  [[nodiscard]] RegionId named(const std::string& name) const;
  [[nodiscard]] const std::string& name(RegionId region) const { return names_[region.index()]; }
  [[nodiscard]] Duration rtt(RegionId a, RegionId b) const { return rtt_[a.index() * count_ + b.index()]; }
  [[nodiscard]] Duration one_way(RegionId a, RegionId b) const { return rtt(a, b) / 2; }
  [[nodiscard]] BytesPerSecond bandwidth(RegionId a, RegionId b) const {
    return bandwidth_[a.index() * count_ + b.index()];
  }

 private:
  std::size_t count_ = 1;
  std::vector<std::string> names_;
  std::vector<Duration> rtt_;  // by pair
  std::vector<BytesPerSecond> bandwidth_;
};

}  // namespace cleave
