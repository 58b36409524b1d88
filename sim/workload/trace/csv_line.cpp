#include "sim/workload/trace/csv_line.h"

#include <charconv>
#include <cmath>

namespace cleave {

namespace {

template <class Number>
std::optional<Number> parse_all(std::string_view text) {
  Number value{};
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return value;
}

constexpr std::uint64_t kLongestSeconds = 1'000'000'000;  // 31 years: far inside 64 bits of nanoseconds

}  // namespace

std::optional<std::int64_t> to_integer(std::string_view text) {
  return parse_all<std::int64_t>(text);
}
std::optional<std::uint64_t> to_natural(std::string_view text) {
  return parse_all<std::uint64_t>(text);
}

std::optional<double> to_number(std::string_view text) {
  const auto value = parse_all<double>(text);
  return value && std::isfinite(*value) ? value : std::nullopt;
}

std::optional<Duration> decimal_seconds(std::string_view text) {
  const std::size_t point = text.find('.');
  const auto whole = to_natural(text.substr(0, point));
  if (!whole || *whole > kLongestSeconds) return std::nullopt;
  std::int64_t fraction = 0;
  if (point != std::string_view::npos) {
    const std::string_view digits = text.substr(point + 1);
    if (digits.empty()) return std::nullopt;
    std::int64_t unit = 1'000'000'000;
    for (const char c : digits) {
      if (c < '0' || c > '9') return std::nullopt;
      unit /= 10;
      fraction += unit * (c - '0');
    }
  }
  return std::chrono::seconds{*whole} + Duration{fraction};
}

bool CsvLine::split(std::uint64_t line, std::string_view text, std::size_t columns) {
  line_ = line;
  fields_.clear();
  for (;;) {
    const std::size_t comma = text.find(',');
    fields_.push_back(text.substr(0, comma));
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 1);
  }
  if (fields_.size() == columns) return true;
  problems_.add(line, "line", fmt::format("{} fields", fields_.size()), fmt::format("{} fields", columns));
  return false;
}

std::optional<std::int64_t> CsvLine::integer(std::size_t column, std::string_view name, std::int64_t least,
                                             std::int64_t most) const {
  const auto value = to_integer(fields_[column]);
  if (value && *value >= least && *value <= most) return value;
  problems_.add(line_, name, fields_[column], fmt::format("a whole number from {} to {}", least, most));
  return std::nullopt;
}

std::optional<double> CsvLine::number(std::size_t column, std::string_view name, double least) const {
  const auto value = to_number(fields_[column]);
  if (value && *value >= least) return value;
  problems_.add(line_, name, fields_[column], fmt::format("a number of at least {}", least));
  return std::nullopt;
}

std::optional<Duration> CsvLine::seconds(std::size_t column, std::string_view name) const {
  const auto value = decimal_seconds(fields_[column]);
  if (value) return value;
  problems_.add(line_, name, fields_[column], "seconds, zero or more, as digits and a point");
  return std::nullopt;
}

}  // namespace cleave
