#include "sim/transfer/arrival_curve.h"

#include <algorithm>

#include "models/units/check.h"

namespace cleave {

void ArrivalCurve::add(TimePoint at, double bytes) {
  SIM_CHECK(!points_.empty(), "arrivals of a movement before its beginning");
  const Point& last = points_.back();
  if (at <= last.at && bytes <= last.bytes) return;
  points_.push_back({std::max(at, last.at), std::max(bytes, last.bytes)});
}

TimePoint ArrivalCurve::reached(double bytes) const {
  SIM_CHECK(!points_.empty(), "the arrival of a movement that never began");
  const auto after = std::find_if(points_.begin(), points_.end(), [&](const Point& p) { return p.bytes >= bytes; });
  if (after == points_.end()) return points_.back().at;
  if (after == points_.begin()) return after->at;
  const Point& before = *(after - 1);
  const double share = (bytes - before.bytes) / (after->bytes - before.bytes);
  return std::min(after->at, before.at + next_nanosecond(share * to_seconds(after->at - before.at) - 1e-11));
}

TimePoint layerwise_end(TimePoint start, Duration compute, std::uint32_t layers, const ArrivalCurve& load,
                        Bytes bytes) {
  TimePoint end = start + compute;
  const auto count = static_cast<std::int64_t>(layers);
  for (std::int64_t k = 0; k < count; ++k) {
    const double needed = static_cast<double>(bytes.value()) * static_cast<double>(k + 1) / static_cast<double>(count);
    end = std::max(end, load.reached(needed) + compute * (count - k) / count);
  }
  return end;
}

}  // namespace cleave
