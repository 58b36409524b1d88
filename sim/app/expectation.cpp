#include "sim/app/expectation.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

#include "sim/scenario/names.h"
#include "sim/scenario/yaml_parser.h"
#include "sim/scenario/yaml_reader.h"

namespace cleave {

template <class V>
void describe(V& v, Tolerance& tolerance) {
  v.field("absolute", tolerance.absolute, "in the value's own unit", at_least(0));
  v.field("relative", tolerance.relative, "share of the expected value", at_least(0));
}

template <>
struct EnumNames<Against> {
  static constexpr std::array values{NamedValue{Against::nothing, "value"}, NamedValue{Against::ratio, "ratio"},
                                     NamedValue{Against::difference, "difference"}};
};

template <class V>
void describe(V& v, Expectation& check) {
  v.field("what", check.what, "the value in words", required().not_empty());
  v.field("path", check.path, "JSON pointer into summary.json", required().not_empty());
  v.field("base", check.base, "another scenario beside this one, whose value at the same path is compared");
  v.field("as", check.as, "what is judged: the value, or its ratio to or difference from that of `base`");
  v.field("expected", check.expected, "what the value should be");
  v.field("at_least", check.at_least, "its lower bound");
  v.field("at_most", check.at_most, "its upper bound");
  v.field("tolerance", check.tolerance, "how far from `expected` it may be; none: equal");
  v.field("source", check.source, "who says so", required().not_empty());
}

template <class V>
void describe(V& v, ExpectationFile& file) {
  v.field("description", file.description, "what the checks are about");
  v.field("checks", file.checks, "one entry a value", required().not_empty());
}

namespace {

bool is_pointer(const std::string& path) {
  try {
    return !nlohmann::json::json_pointer(path).empty();
  } catch (const nlohmann::json::exception&) {
    return false;
  }
}

void check_sense(const ExpectationFile& file, const Tree& tree, Diagnostics& diagnostics) {
  for (std::size_t i = 0; i < file.checks.size(); ++i) {
    const Expectation& check = file.checks[i];
    const std::string at = fmt::format("checks[{}]", i);
    const int bounds =
        int{check.expected.has_value()} + int{check.at_least.has_value()} + int{check.at_most.has_value()};
    if (bounds != 1) {
      diagnostics.add(position_of(tree, at), at,
                      fmt::format("got {} of `expected`, `at_least` and `at_most`, expected exactly one", bounds));
    }
    if (check.base.empty() != (check.as == Against::nothing)) {
      diagnostics.add(position_of(tree, at), at,
                      "got one of `base` and `as`, expected both (as: ratio or difference), or neither");
    }
    const bool tolerant = check.tolerance.absolute || check.tolerance.relative;
    if (tolerant && !check.expected) {
      diagnostics.add(position_of(tree, at + ".tolerance"), at + ".tolerance",
                      "got a tolerance without a value, expected `expected` beside it");
    }
    if (!is_pointer(check.path)) {
      diagnostics.add(position_of(tree, at + ".path"), at + ".path",
                      fmt::format("got \"{}\", expected a JSON pointer such as \"/ttft_s/p50\"", check.path));
    }
  }
}

double width(const Expectation& check) {
  const double relative = check.tolerance.relative.value_or(0) * std::abs(*check.expected);
  return std::max(check.tolerance.absolute.value_or(0), relative);
}

/// Room for the last digit of decimal text: 0.374 is within 0.001 of 0.373.
bool within(double value, double expected, double tolerance) {
  const double rounding = 1e-12 * std::max(std::abs(value), std::abs(expected));
  return std::abs(value - expected) <= tolerance + rounding;
}

}  // namespace

ExpectationFile load_expectations(const std::filesystem::path& path) {
  ExpectationFile file;
  Diagnostics diagnostics;
  const auto tree = parse_yaml_file(path, diagnostics);
  if (tree) read_document(*tree, file, diagnostics);
  diagnostics.throw_if_any();
  check_sense(file, *tree, diagnostics);
  diagnostics.throw_if_any();
  return file;
}

Judgement judge(const Expectation& check, const nlohmann::ordered_json& summary, const nlohmann::ordered_json& base) {
  const nlohmann::ordered_json::json_pointer pointer(check.path);
  const auto number_in = [&](const nlohmann::ordered_json& json) -> std::optional<double> {
    if (!json.contains(pointer) || !json.at(pointer).is_number()) return std::nullopt;
    return json.at(pointer).get<double>();
  };
  const auto own = number_in(summary);
  const auto other = check.as == Against::nothing ? std::optional<double>{0} : number_in(base);
  if (!own || !other || (check.as == Against::ratio && *other == 0)) return {};
  const double value = check.as == Against::ratio ? *own / *other : *own - *other;
  if (check.at_least) return {value >= *check.at_least, value};
  if (check.at_most) return {value <= *check.at_most, value};
  return {within(value, *check.expected, width(check)), value};
}

std::string to_text(const Expectation& check) {
  std::string against;
  if (check.as == Against::ratio) against = fmt::format(" times {}", check.base);
  if (check.as == Against::difference) against = fmt::format(" more than {}", check.base);
  if (check.at_least) return fmt::format("at least {}{}", *check.at_least, against);
  if (check.at_most) return fmt::format("at most {}{}", *check.at_most, against);
  std::string text = fmt::format("{}{}", *check.expected, against);
  if (check.tolerance.absolute) text += fmt::format(" ± {}", *check.tolerance.absolute);
  if (check.tolerance.relative) {
    text += fmt::format("{}{:g} %", check.tolerance.absolute ? " or ± " : " ± ", *check.tolerance.relative * 100);
  }
  return text;
}

}  // namespace cleave
