#include "calibration/fit/errors.h"

#include <algorithm>
#include <cmath>

namespace cleave::fit {
namespace {

constexpr std::size_t kPoints = 250;  // of a device and region, for plots

}  // namespace

void ErrorTally::add(Method method, double predicted, double measured) {
  Column& column = columns_[static_cast<std::size_t>(method)];
  column.errors.push_back(100 * std::abs(predicted / measured - 1));
  column.predicted += predicted;
  column.measured += measured;
  if (method == Method::form_and_residual) points_.push_back({measured, predicted});
}

void ErrorTally::add(const ErrorTally& other) {
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    Column& to = columns_[i];
    const Column& from = other.columns_[i];
    to.errors.insert(to.errors.end(), from.errors.begin(), from.errors.end());
    to.predicted += from.predicted;
    to.measured += from.measured;
  }
}

std::array<ErrorSummary, kMethods.size()> ErrorTally::summary() const {
  std::array<ErrorSummary, kMethods.size()> out;
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = columns_[i].summary();
  return out;
}

std::vector<PredictedPoint> ErrorTally::points(std::size_t count) const {
  std::vector<PredictedPoint> out;
  const std::size_t stride = std::max<std::size_t>(1, (points_.size() + count - 1) / count);
  for (std::size_t i = 0; i < points_.size(); i += stride) out.push_back(points_[i]);
  return out;
}

ErrorSummary ErrorTally::Column::summary() const {
  if (errors.empty()) return {};
  std::vector<double> sorted = errors;
  std::sort(sorted.begin(), sorted.end());
  double sum = 0;
  for (const double error : sorted) sum += error;
  const double at = 0.95 * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  const double p95 = sorted[below] + (at - static_cast<double>(below)) * (sorted[above] - sorted[below]);
  return {errors.size(), sum / static_cast<double>(sorted.size()), p95, 100 * (predicted / measured - 1)};
}

bool RegionResult::met() const {
  return (target_mean <= 0 || fitted().mean <= target_mean) && (target_p95 <= 0 || fitted().p95 <= target_p95) &&
         (target_bias <= 0 || std::abs(fitted().bias) <= target_bias);
}

RegionResults::RegionResults(std::string_view family, std::string_view region, double target_mean, double target_p95,
                             double target_bias) {
  header_.family = family;
  header_.region = region;
  header_.target_mean = target_mean;
  header_.target_p95 = target_p95;
  header_.target_bias = target_bias;
}

void RegionResults::add(const std::string& device, const ErrorTally& tally, const std::string& source) {
  if (tally.empty()) return;
  RegionResult row = header_;
  row.device = device;
  row.source = source;
  row.errors = tally.summary();
  row.points = tally.points(kPoints);
  rows_.push_back(std::move(row));
  all_.add(tally);
}

void RegionResults::append_to(std::vector<RegionResult>& out) const {
  out.insert(out.end(), rows_.begin(), rows_.end());
  if (all_.empty()) return;
  RegionResult all = header_;
  all.device = "all";
  all.errors = all_.summary();
  all.tally = all_;
  out.push_back(std::move(all));
}

}  // namespace cleave::fit
