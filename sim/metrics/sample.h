#pragma once
// Exact values, kept one by one, and their exact percentiles.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "models/units/units.h"
#include "sim/metrics/distribution.h"

namespace cleave {

class Sample {
 public:
  void reserve(std::size_t count) { values_.reserve(count); }
  void clear() { values_.clear(); }
  void add(Duration value) { values_.push_back(value.count()); }
  [[nodiscard]] std::size_t count() const { return values_.size(); }

  /// In seconds, by linear interpolation between order statistics: the value at (count - 1) * permille / 1000.
  /// Shape: one result for each of `permilles`, which ascend within 0 ... 1000. Reorders the values, in linear time.
  /// Errors: empty when there is no value.
  [[nodiscard]] std::vector<double> quantiles(std::span<const int> permilles);

  /// Errors: nullopt when there is no value.
  [[nodiscard]] std::optional<Distribution> distribution();

 private:
  std::vector<std::int64_t> values_;
};

}  // namespace cleave
