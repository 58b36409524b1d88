#include "sim/transfer/bandwidth_shares.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace cleave {
namespace {

double real(Bytes bytes) {
  return static_cast<double>(bytes.value());
}

/// The level at which the limits, cut off there, sum to `whole`: those below it are met in full.
std::vector<double> fair_shares(double whole, const std::vector<double>& limits) {
  std::vector<std::size_t> order(limits.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return limits[a] < limits[b]; });
  std::vector<double> shares(limits.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    const double level = whole / static_cast<double>(order.size() - i);
    shares[order[i]] = std::min(limits[order[i]], level);
    whole -= shares[order[i]];
  }
  return shares;
}

/// Rates of at least `shares` and at most `most`, otherwise in proportion to the roots of first bytes, that sum to
/// `whole`.
void spend_the_rest(double whole, std::span<const BandwidthDemand> demands, std::vector<double>& shares) {
  const auto at = [&](std::size_t i, double factor) {
    const double wanted = factor * std::sqrt(std::max(1.0, real(demands[i].first)));
    return std::clamp(wanted, shares[i], std::max(shares[i], demands[i].most.value()));
  };
  const auto sum = [&](double factor) {
    double all = 0;
    for (std::size_t i = 0; i < demands.size(); ++i) all += at(i, factor);
    return all;
  };
  double low = 0;
  double high = whole;  // no root is below one
  constexpr int kHalvings = 100;
  for (int i = 0; i < kHalvings; ++i) {
    const double middle = (low + high) / 2;
    (sum(middle) < whole ? low : high) = middle;
  }
  std::vector<double> rates(demands.size());
  for (std::size_t i = 0; i < demands.size(); ++i) rates[i] = at(i, low);
  shares = std::move(rates);
}

}  // namespace

std::vector<BytesPerSecond> divide_by_need(BytesPerSecond link, std::span<const BandwidthDemand> demands) {
  std::vector<double> limits;
  for (const BandwidthDemand& demand : demands) {
    limits.push_back(std::min(demand.need.value_or(demand.most), demand.most).value());
  }
  std::vector<double> shares = fair_shares(link.value(), limits);
  const double used = std::accumulate(shares.begin(), shares.end(), 0.0);
  if (used < link.value()) spend_the_rest(link.value(), demands, shares);
  std::vector<BytesPerSecond> rates;
  for (const double share : shares) rates.emplace_back(share);
  return rates;
}

}  // namespace cleave
