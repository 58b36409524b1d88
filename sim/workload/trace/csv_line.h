#pragma once
// One line of comma-separated values, read strictly. The traces in use quote nothing, so neither does this.

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "models/units/units.h"
#include "sim/workload/trace/problems.h"

namespace cleave {

/// Fields of one line, by position. Each reader returns nullopt after reporting what is wrong.
class CsvLine {
 public:
  explicit CsvLine(Problems& problems) : problems_(problems) {}

  /// Splits at commas; false (and a problem) unless there are exactly `columns` fields. Borrows `text`.
  [[nodiscard]] bool split(std::uint64_t line, std::string_view text, std::size_t columns);

  [[nodiscard]] std::string_view text(std::size_t column) const { return fields_[column]; }
  [[nodiscard]] std::optional<std::int64_t> integer(std::size_t column, std::string_view name, std::int64_t least,
                                                    std::int64_t most) const;
  [[nodiscard]] std::optional<double> number(std::size_t column, std::string_view name, double least) const;
  /// Seconds as decimal text, as decimal_seconds() reads them.
  [[nodiscard]] std::optional<Duration> seconds(std::size_t column, std::string_view name) const;

 private:
  Problems& problems_;
  std::uint64_t line_ = 0;
  std::vector<std::string_view> fields_;
};

/// Whole text as a number; nullopt when anything is left over or it does not fit.
[[nodiscard]] std::optional<std::int64_t> to_integer(std::string_view text);
[[nodiscard]] std::optional<std::uint64_t> to_natural(std::string_view text);
[[nodiscard]] std::optional<double> to_number(std::string_view text);
/// "12", "0.000000001": exact to the nanosecond; digits below that are dropped. At most 10^9 s.
[[nodiscard]] std::optional<Duration> decimal_seconds(std::string_view text);

}  // namespace cleave
