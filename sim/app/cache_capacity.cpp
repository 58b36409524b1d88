#include "sim/app/cache_capacity.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <optional>

#include "models/units/error.h"

namespace cleave {

namespace {

[[noreturn]] void refuse(std::string_view text, std::string_view expected) {
  throw ConfigError(fmt::format("--capacity: got `{}`, expected {}", text, expected));
}

std::string_view trim(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

// Takes the number and its power of 1000 off the front; nullopt unless it is above zero.
std::optional<double> take_number(std::string_view& text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (error != std::errc{} || !std::isfinite(number) || number <= 0) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  constexpr std::string_view kPowers = "kMG";
  const std::size_t power = text.empty() ? kPowers.npos : kPowers.find(text.front() == 'K' ? 'k' : text.front());
  if (power == kPowers.npos) return number;
  text.remove_prefix(1);
  return number * std::pow(1000.0, static_cast<double>(power + 1));
}

}  // namespace

CapacityText parse_capacity(std::string_view text) {
  std::string_view rest = trim(text);
  CapacityText capacity{std::string(rest)};
  const auto number = take_number(rest);
  rest = trim(rest);
  if (!number) refuse(text, "a size above zero such as 1000, 10% or \"3M tokens\"");
  capacity.number = *number;
  if (rest == "%") {
    capacity.unit = CapacityUnit::percent_of_unique;
    if (*number > 100) refuse(text, "at most 100% of the trace's distinct blocks");
  } else if (rest == "tokens" || rest == "token") {
    capacity.unit = CapacityUnit::tokens;
  } else if (rest.empty() || rest == "blocks" || rest == "block") {
    if (*number != std::floor(*number)) refuse(text, "whole blocks");
  } else {
    refuse(text, "a number of blocks, \"%\" of the trace's distinct blocks, or \"tokens\"");
  }
  return capacity;
}

std::size_t capacity_blocks(const CapacityText& capacity, const BlockStream& stream) {
  double blocks = capacity.number;
  if (capacity.unit == CapacityUnit::percent_of_unique) blocks = capacity.number * stream.unique / 100;
  if (capacity.unit == CapacityUnit::tokens) blocks /= static_cast<double>(stream.block_size.value());
  if (blocks < 1) {
    refuse(capacity.text, fmt::format("at least one block: they hold {} tokens, and the trace has {} distinct ones",
                                      stream.block_size.value(), stream.unique));
  }
  if (blocks >= kNeverUsed) refuse(capacity.text, "fewer than 4 294 967 295 blocks");
  return static_cast<std::size_t>(blocks);
}

}  // namespace cleave
