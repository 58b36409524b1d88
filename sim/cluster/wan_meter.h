#pragma once
// What crosses between regions, counted where it leaves.

#include <cstdint>
#include <vector>

#include "sim/cluster/platform.h"
#include "sim/policy/estimates.h"
#include "sim/transfer/flow_observer.h"

namespace cleave {

/// One direction of a wide-area link over a whole run.
struct WanCount {
  RegionId from;
  RegionId to;
  LinkId link;
  std::uint64_t flows = 0;      // begun
  std::int64_t delivered = 0;   // bytes of those that ended well
  std::int64_t cut_off = 0;     // bytes of those that did not: some may have crossed
  std::int64_t open = 0;        // flows under way
  std::int64_t open_bytes = 0;  // of these, as they began
};

class WanMeter final : public FlowObserver {
 public:
  /// Borrows the platform.
  WanMeter(const Platform& platform, const RegionMap& regions);

  void on_flow_begins(PlaceId from, PlaceId to, Bytes bytes) override;
  void on_flow_ends(PlaceId from, PlaceId to, Bytes bytes, Bytes delivered) override;

  /// A report interval of that length ends.
  void close_window(Duration length);
  /// Utilisation is of the last window that was closed, by what arrived in it.
  [[nodiscard]] WanLoad load(RegionId from, RegionId to) const;
  [[nodiscard]] std::int64_t open_flows(RegionId from, RegionId to) const;
  /// By pair, in the platform's order.
  [[nodiscard]] const std::vector<WanCount>& counts() const { return counts_; }

 private:
  struct Window {
    std::int64_t before = 0;  // delivered when it began
    double utilisation = 0;   // of the one before
  };
  /// nullptr: both are in one region.
  [[nodiscard]] WanCount* between(PlaceId from, PlaceId to);
  [[nodiscard]] std::size_t index(RegionId from, RegionId to) const;

  const Platform& platform_;
  const RegionMap& regions_;
  std::vector<WanCount> counts_;
  std::vector<Window> windows_;       // as counts_
  std::vector<std::size_t> by_pair_;  // of regions: index into counts_
};

}  // namespace cleave
