#pragma once
// Fields of one JSON object on one line of a trace, read strictly. Included by readers only: simdjson is a large
// header.

#include <simdjson.h>

#include <array>
#include <cmath>
#include <optional>
#include <span>
#include <string_view>

#include "models/units/units.h"
#include "sim/workload/trace/problems.h"

namespace cleave {

/// What went wrong is reported with the file's line; `where` is the path before the field ("requests[3].").
struct JsonPlace {
  Problems& problems;
  std::uint64_t line = 0;
  std::string where = {};

  void add(std::string_view field, simdjson::dom::element value, std::string_view expected) const {
    problems.add(line, where + std::string(field), std::string_view(simdjson::minify(value)), expected);
  }
  void missing(std::string_view field) const { problems.add_at(line, fmt::format("{}{}: is missing", where, field)); }
};

/// The values of the named fields, in the order of `names`; nullopt for those not given. False (and a problem) for a
/// field that is not listed or is given twice.
template <std::size_t N>
[[nodiscard]] bool read_fields(simdjson::dom::object object, const std::array<std::string_view, N>& names,
                               std::array<std::optional<simdjson::dom::element>, N>& values, const JsonPlace& place) {
  values.fill(std::nullopt);
  for (const auto& [key, value] : object) {
    std::size_t i = 0;
    while (i < N && names[i] != key) ++i;
    if (i == N) {
      place.problems.add(place.line, place.where + "field", key, fmt::format("one of {}", fmt::join(names, ", ")));
      return false;
    }
    if (values[i]) {
      place.problems.add_at(place.line, fmt::format("{}{}: is given twice", place.where, key));
      return false;
    }
    values[i] = value;
  }
  return true;
}

[[nodiscard]] inline std::optional<std::int64_t> read_integer(std::optional<simdjson::dom::element> value,
                                                              std::string_view field, std::int64_t least,
                                                              std::int64_t most, const JsonPlace& place) {
  std::int64_t number = 0;
  if (!value) {
    place.missing(field);
  } else if (value->get_int64().get(number) == simdjson::SUCCESS && number >= least && number <= most) {
    return number;
  } else {
    place.add(field, *value, fmt::format("a whole number from {} to {}", least, most));
  }
  return std::nullopt;
}

/// Zero or more `unit_ns`, to the nearest nanosecond. At most 10^18 ns.
[[nodiscard]] inline std::optional<Duration> read_time(std::optional<simdjson::dom::element> value,
                                                       std::string_view field, std::int64_t unit_ns,
                                                       const JsonPlace& place) {
  constexpr double kLongest = 1e18;
  std::int64_t whole = 0;
  double number = 0;
  if (!value) {
    place.missing(field);
    return std::nullopt;
  }
  if (value->get_int64().get(whole) == simdjson::SUCCESS && whole >= 0 &&
      static_cast<double>(whole) * static_cast<double>(unit_ns) <= kLongest) {
    return Duration{whole * unit_ns};
  }
  if (value->get_double().get(number) == simdjson::SUCCESS && number >= 0 &&
      number * static_cast<double>(unit_ns) <= kLongest) {
    return Duration{std::llround(number * static_cast<double>(unit_ns))};
  }
  place.add(field, *value, "a time of zero or more");
  return std::nullopt;
}

/// Parses one line that must hold one object; nullopt (and a problem) otherwise. Valid until the parser's next use.
[[nodiscard]] inline std::optional<simdjson::dom::object> parse_object(simdjson::dom::parser& parser,
                                                                       std::string_view text, std::uint64_t line,
                                                                       Problems& problems) {
  simdjson::dom::element root;
  simdjson::dom::object object;
  if (const auto error = parser.parse(text.data(), text.size()).get(root); error != simdjson::SUCCESS) {
    problems.add(line, "line", text, fmt::format("one JSON object ({})", simdjson::error_message(error)));
    return std::nullopt;
  }
  if (root.get_object().get(object) != simdjson::SUCCESS) {
    problems.add(line, "line", text, "one JSON object");
    return std::nullopt;
  }
  return object;
}

}  // namespace cleave
