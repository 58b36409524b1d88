#include "sim/metrics/sample.h"

#include <algorithm>
#include <array>

#include "sim/metrics/exact_sum.h"
#include "sim/metrics/histogram.h"

namespace cleave {
namespace {

/// Selects order statistics of ascending rank: each selection leaves only larger values to its right.
class AscendingSelection {
 public:
  explicit AscendingSelection(std::vector<std::int64_t>& values) : values_(values) {}

  double at(std::size_t rank) {
    if (rank >= sorted_) {
      const auto nth = values_.begin() + static_cast<std::ptrdiff_t>(rank);
      std::nth_element(values_.begin() + static_cast<std::ptrdiff_t>(sorted_), nth, values_.end());
      sorted_ = rank + 1;
    }
    return static_cast<double>(values_[rank]);
  }

 private:
  std::vector<std::int64_t>& values_;
  std::size_t sorted_ = 0;  // values_[sorted_ - 1] is in its final place, everything after it is not smaller
};

}  // namespace

std::vector<double> Sample::quantiles(std::span<const int> permilles) {
  std::vector<double> out;
  if (values_.empty()) return out;
  AscendingSelection selection(values_);
  for (const int permille : permilles) {
    const std::size_t position = (values_.size() - 1) * static_cast<std::size_t>(permille);
    const std::size_t rank = position / 1000;
    const double part = static_cast<double>(position % 1000) / 1000.0;
    const double low = selection.at(rank);
    const double high = part > 0 ? selection.at(rank + 1) : low;
    out.push_back((low + (high - low) * part) * 1e-9);
  }
  return out;
}

std::optional<Distribution> Sample::distribution() {
  if (values_.empty()) return std::nullopt;
  Histogram shape;
  for (const std::int64_t value : values_) shape.add(Duration{value});
  constexpr std::array kPermilles{500, 900, 950, 990, 1000};
  const auto q = quantiles(kPermilles);
  Distribution d;
  d.count = static_cast<std::int64_t>(values_.size());
  d.mean = mean_seconds(shape.sum(), d.count);
  d.p50 = q[0];
  d.p90 = q[1];
  d.p95 = q[2];
  d.p99 = q[3];
  d.max = q[4];
  d.curve = shape.curve(200);
  return d;
}

}  // namespace cleave
