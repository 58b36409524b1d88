#include "sim/cluster/wan_meter.h"

#include <algorithm>

namespace cleave {

WanMeter::WanMeter(const Platform& platform, const RegionMap& regions)
    : platform_(platform), regions_(regions), by_pair_(regions.count() * regions.count()) {
  for (const WanTrunk& trunk : platform.trunks) {
    by_pair_[trunk.from.index() * regions.count() + trunk.to.index()] = counts_.size();
    counts_.push_back({trunk.from, trunk.to, trunk.link});
  }
  windows_.resize(counts_.size());
}

std::size_t WanMeter::index(RegionId from, RegionId to) const {
  return by_pair_[from.index() * regions_.count() + to.index()];
}

WanCount* WanMeter::between(PlaceId from, PlaceId to) {
  const RegionId a = platform_.region_of[from.index()];
  const RegionId b = platform_.region_of[to.index()];
  return a == b ? nullptr : &counts_[index(a, b)];
}

void WanMeter::on_flow_begins(PlaceId from, PlaceId to, Bytes bytes) {
  WanCount* count = between(from, to);
  if (count == nullptr) return;
  ++count->flows;
  ++count->open;
  count->open_bytes += bytes.value();
}

void WanMeter::on_flow_ends(PlaceId from, PlaceId to, Bytes bytes, Bytes delivered) {
  WanCount* count = between(from, to);
  if (count == nullptr) return;
  --count->open;
  count->open_bytes -= bytes.value();
  count->delivered += delivered.value();
  count->cut_off += (bytes - delivered).value();
}

void WanMeter::close_window(Duration length) {
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    const WanCount& count = counts_[i];
    const double possible = regions_.bandwidth(count.from, count.to).value() * to_seconds(length);
    windows_[i].utilisation = std::min(1.0, static_cast<double>(count.delivered - windows_[i].before) / possible);
    windows_[i].before = count.delivered;
  }
}

WanLoad WanMeter::load(RegionId from, RegionId to) const {
  if (from == to) return {};
  const std::size_t i = index(from, to);
  const double backlog = seconds_to_move(Bytes{counts_[i].open_bytes}, regions_.bandwidth(from, to));
  return {windows_[i].utilisation, nearest_nanosecond(backlog)};
}

std::int64_t WanMeter::open_flows(RegionId from, RegionId to) const {
  return from == to ? 0 : counts_[index(from, to)].open;
}

}  // namespace cleave
