#include "sim/metrics/histogram.h"

#include <algorithm>

namespace cleave {

void Histogram::merge(const Histogram& other) {
  for (std::size_t i = 0; i < kBuckets; ++i) counts_[i] += other.counts_[i];
  total_ += other.total_;
  sum_ += other.sum_;
  max_ = std::max(max_, other.max_);
}

double Histogram::middle_of(std::size_t bucket) {
  if (bucket < 2 * kPerOctave) return static_cast<double>(bucket);
  const std::size_t shift = (bucket >> kOctaveBits) - 1;
  const std::uint64_t first = static_cast<std::uint64_t>(bucket - (shift << kOctaveBits)) << shift;
  return static_cast<double>(first) + static_cast<double>((std::uint64_t{1} << shift) - 1) / 2;
}

double Histogram::ranked(std::int64_t rank) const {
  std::int64_t before = 0;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    before += counts_[i];
    if (rank < before) return std::min(middle_of(i), static_cast<double>(max_));
  }
  return static_cast<double>(max_);
}

std::optional<double> Histogram::quantile(int permille) const {
  if (total_ == 0) return std::nullopt;
  const std::int64_t position = (total_ - 1) / 1000 * permille + (total_ - 1) % 1000 * permille / 1000;
  const double part = static_cast<double>((total_ - 1) % 1000 * permille % 1000) / 1000.0;
  const double low = ranked(position);
  const double high = part > 0 ? ranked(position + 1) : low;
  return (low + (high - low) * part) * 1e-9;
}

std::optional<Distribution> Histogram::distribution() const {
  if (total_ == 0) return std::nullopt;
  Distribution d;
  d.count = total_;
  d.mean = mean_seconds(sum_, total_);
  d.p50 = *quantile(500);
  d.p90 = *quantile(900);
  d.p95 = *quantile(950);
  d.p99 = *quantile(990);
  d.max = static_cast<double>(max_) * 1e-9;
  d.curve = curve(200);
  return d;
}

std::vector<CurvePoint> Histogram::curve(std::size_t points) const {
  std::vector<CurvePoint> out;
  const double step = 1.0 / static_cast<double>(points);
  std::int64_t before = 0;
  double drawn = 0;
  std::optional<CurvePoint> last_left_out;  // drawn when a jump follows, so that the jump is as steep as it is
  for (std::size_t i = 0; i < kBuckets && before < total_; ++i) {
    if (counts_[i] == 0) continue;
    before += counts_[i];
    const CurvePoint point{std::min(middle_of(i), static_cast<double>(max_)) * 1e-9,
                           static_cast<double>(before) / static_cast<double>(total_)};
    const bool first_or_last = out.empty() || before == total_;
    if (!first_or_last && point.fraction - drawn < step) {
      last_left_out = point;
      continue;
    }
    if (last_left_out && point.fraction - last_left_out->fraction > step) out.push_back(*last_left_out);
    last_left_out.reset();
    out.push_back(point);
    drawn = point.fraction;
  }
  return out;
}

}  // namespace cleave
