#pragma once
// What is said of measured and simulated values, the same for both.

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "sim/metrics/batch_means.h"

namespace cleave {

/// By linear interpolation between order statistics, at `permille` of 1000. Errors: nullopt when empty.
[[nodiscard]] std::optional<double> quantile_of(std::vector<double> values, int permille);
[[nodiscard]] double median_of(std::vector<double> values);

/// Rank correlation (Spearman), equal values sharing their mean rank.
/// Errors: nullopt for fewer than three pairs, or where one side is constant.
[[nodiscard]] std::optional<double> rank_correlation(std::span<const double> a, std::span<const double> b);

/// Mean absolute difference over the longer of both, the shorter being continued by zeros, as a share of the largest
/// value of `measured`. Errors: nullopt where that is zero.
[[nodiscard]] std::optional<double> series_error(std::span<const double> measured, std::span<const double> simulated);

/// What series_error says of `measured` against itself, were all of it to take `factor` times as long: how much of an
/// error comes from seconds that no longer hold the same steps. Errors: as series_error.
[[nodiscard]] std::optional<double> stretched_series_error(std::span<const double> measured, double factor);

}  // namespace cleave
