#include "calibration/bench/grid/routing.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "models/units/check.h"

namespace cleave::bench {
namespace {

/// Uniform over 0..1, excluding 1.
double next_uniform(std::uint64_t& state) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return static_cast<double>(state >> 11) * 0x1p-53;
}

/// One draw by the weights that are left; takes the drawn one out.
std::size_t draw(std::vector<double>& weights, std::uint64_t& state) {
  double total = 0;
  for (const double weight : weights) total += weight;
  double at = next_uniform(state) * total;
  std::size_t last = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (weights[i] <= 0) continue;
    last = i;
    at -= weights[i];
    if (at < 0) break;
  }
  weights[last] = 0;
  return last;
}

std::vector<std::size_t> experts_of(std::size_t tokens, std::size_t experts, std::size_t top_k,
                                    const std::string& distribution) {
  std::vector<std::size_t> chosen(tokens * top_k);
  if (distribution == "balanced") {
    for (std::size_t i = 0; i < chosen.size(); ++i) chosen[i] = i % experts;
    return chosen;
  }
  const std::string prefix = "power_law_";
  SIM_CHECK(distribution.starts_with(prefix), "a known distribution");
  const double exponent = std::stod(distribution.substr(prefix.size()));
  std::vector<double> weights(experts);
  for (std::size_t i = 0; i < experts; ++i) weights[i] = std::pow(static_cast<double>(i + 1), -exponent);
  std::uint64_t state = 0x2545f4914f6cdd1dULL;
  for (std::size_t token = 0; token < tokens; ++token) {
    std::vector<double> left = weights;
    for (std::size_t j = 0; j < top_k; ++j) chosen[token * top_k + j] = draw(left, state);
  }
  return chosen;
}

}  // namespace

Routing route_tokens(std::size_t tokens, std::size_t experts, std::size_t top_k, const std::string& distribution) {
  SIM_CHECK(top_k <= experts, "no more choices than experts");
  const std::vector<std::size_t> chosen = experts_of(tokens, experts, top_k, distribution);
  Routing routing;
  routing.rows_of_expert.resize(experts);
  for (const std::size_t expert : chosen) ++routing.rows_of_expert[expert];
  std::vector<int> next(experts);
  for (std::size_t e = 1; e < experts; ++e) next[e] = next[e - 1] + routing.rows_of_expert[e - 1];
  routing.source.resize(chosen.size());
  routing.place.resize(chosen.size());
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    const int row = next[chosen[i]]++;
    routing.place[i] = row;
    routing.source[static_cast<std::size_t>(row)] = static_cast<int>(i / top_k);
  }
  return routing;
}

}  // namespace cleave::bench
