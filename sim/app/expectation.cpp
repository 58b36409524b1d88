#include "sim/app/expectation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "sim/scenario/yaml_parser.h"
#include "sim/scenario/yaml_reader.h"

namespace cleave {

template <class V>
void describe(V& v, Tolerance& tolerance) {
  v.field("absolute", tolerance.absolute, "in the value's own unit", at_least(0));
  v.field("relative", tolerance.relative, "share of the expected value", at_least(0));
}

template <class V>
void describe(V& v, Expectation& check) {
  v.field("what", check.what, "the value in words", required().not_empty());
  v.field("path", check.path, "JSON pointer into summary.json", required().not_empty());
  v.field("expected", check.expected, "what the value should be");
  v.field("at_least", check.at_least, "its lower bound");
  v.field("at_most", check.at_most, "its upper bound");
  v.field("tolerance", check.tolerance, "how far from `expected` it may be; none: equal");
  v.field("relative_to", check.relative_to, "another scenario, by its path from here: values are divided by that one's");
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

namespace {

std::optional<double> value_at(const std::string& path, const nlohmann::ordered_json& summary) {
  const nlohmann::ordered_json::json_pointer pointer(path);
  if (!summary.contains(pointer) || !summary.at(pointer).is_number()) return std::nullopt;
  return summary.at(pointer).get<double>();
}

}  // namespace

Judgement judge(const Expectation& check, const nlohmann::ordered_json& summary, const nlohmann::ordered_json* base) {
  const auto found = value_at(check.path, summary);
  const auto unit = base == nullptr ? std::optional{1.0} : value_at(check.path, *base);
  if (!found || !unit || *unit == 0) return {};
  const double value = *found / *unit;
  if (check.at_least) return {value >= *check.at_least, value};
  if (check.at_most) return {value <= *check.at_most, value};
  return {within(value, *check.expected, width(check)), value};
}

std::string to_text(const Expectation& check) {
  const std::string of = check.relative_to.empty() ? "" : " times that of " + check.relative_to;
  if (check.at_least) return fmt::format("at least {}", *check.at_least) + of;
  if (check.at_most) return fmt::format("at most {}", *check.at_most) + of;
  std::string text = fmt::format("{}", *check.expected);
  if (check.tolerance.absolute) text += fmt::format(" ± {}", *check.tolerance.absolute);
  if (check.tolerance.relative) {
    text += fmt::format("{}{:g} %", check.tolerance.absolute ? " or ± " : " ± ", *check.tolerance.relative * 100);
  }
  return text + of;
}

}  // namespace cleave
