#pragma once
// Whether repeated runs hold a limit: surely, surely not, or not to be told.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/study/plan/plan.h"

namespace cleave {

enum class Holding : std::uint8_t { holds, open, fails };
[[nodiscard]] std::string_view name_of(Holding holding);

/// The number of a limit, in base units (seconds, ...). Errors: nullopt when it is none.
[[nodiscard]] std::optional<double> limit_value(const Tree& tree);

/// One objective over several seeds.
struct LimitCheck {
  std::string metric;
  double limit = 0;
  bool at_most = true;
  double mean = 0;
  double low = 0;  // one-sided confidence limits of the mean
  double high = 0;
  Holding holding = Holding::open;
  /// How far the mean is on the wrong side, as a share of the limit; negative: on the right one.
  [[nodiscard]] double violation() const;
  /// "ttft_s.p99 0.61 > 0.5".
  [[nodiscard]] std::string text() const;
};

/// Holds when a one-sided Student interval of the mean over the seeds, with a chance of `error` to be wrong, is within
/// the limit; fails when it is beyond; open otherwise, and always open for one seed, unless the value is at twice the
/// limit or at half of it: so far off no seed brings it back.
[[nodiscard]] LimitCheck check_limit(const std::string& metric, double limit, bool at_most,
                                     const std::vector<double>& values, double error);

}  // namespace cleave
