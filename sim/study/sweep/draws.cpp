#include "sim/study/sweep/draws.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string_view>

namespace cleave {
namespace {

/// "400 Gb/s" as 400 and " Gb/s".
struct NumberAndUnit {
  double number = 0;
  std::string_view unit;
};

std::optional<NumberAndUnit> split(const Tree& tree) {
  if (tree.kind != Tree::Kind::scalar) return std::nullopt;
  const std::string& text = tree.scalar;
  NumberAndUnit out;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out.number);
  if (error != std::errc{} || !std::isfinite(out.number)) return std::nullopt;
  out.unit = std::string_view(end, static_cast<std::size_t>(text.data() + text.size() - end));
  return out;
}

std::string_view trimmed(std::string_view unit) {
  while (unit.starts_with(' ')) unit.remove_prefix(1);
  return unit;
}

double along(const DrawRange& range, double low, double high, double u) {
  if (range.whole) {  // each whole number gets an equal share
    if (range.scale == DrawScale::linear) return std::min(high, low + std::floor(u * (high - low + 1)));
    return std::clamp(std::floor(low * std::pow((high + 1) / low, u)), low, high);
  }
  return range.scale == DrawScale::log ? low * std::pow(high / low, u) : low + u * (high - low);
}

}  // namespace

std::optional<std::string> problem_of(const DrawRange& range) {
  const bool has_interval = range.from.kind != Tree::Kind::null || range.to.kind != Tree::Kind::null;
  if (!range.choices.empty()) {
    if (has_interval) return "has both choices and an interval";
    return std::nullopt;
  }
  const auto from = split(range.from);
  const auto to = split(range.to);
  if (!from || !to) return "needs `from` and `to` as numbers or quantities, or `choices`";
  if (trimmed(from->unit) != trimmed(to->unit)) {
    return fmt::format("has ends of different units, {} and {}", shown(range.from), shown(range.to));
  }
  if (from->number > to->number) {
    return fmt::format("is empty: from {} is above to {}", shown(range.from), shown(range.to));
  }
  if (range.scale == DrawScale::log && from->number <= 0) return "needs ends above zero for a log scale";
  if (range.whole && (std::floor(from->number) != from->number || std::floor(to->number) != to->number)) {
    return "needs whole ends";
  }
  return std::nullopt;
}

Tree drawn(const DrawRange& range, double u) {
  if (!range.choices.empty()) {
    const auto count = static_cast<double>(range.choices.size());
    return range.choices[std::min(range.choices.size() - 1, static_cast<std::size_t>(u * count))];
  }
  const auto from = split(range.from);
  const auto to = split(range.to);
  Tree value = range.from;  // its place and its quotes
  value.scalar = fmt::format("{:.6g}{}", along(range, from->number, to->number, u), from->unit);
  if (range.whole) value.scalar = fmt::format("{:.0f}{}", along(range, from->number, to->number, u), from->unit);
  return value;
}

}  // namespace cleave
