#pragma once
// Sizes of a cache as a command line writes them: "1000", "10%", "3M tokens".

#include <cstdint>
#include <string>
#include <string_view>

#include "sim/kv/eviction/block_stream.h"

namespace cleave {

enum class CapacityUnit : std::uint8_t { blocks, percent_of_unique, tokens };

/// A size before the trace is known.
struct CapacityText {
  std::string text;
  double number = 0;  // above zero
  CapacityUnit unit = CapacityUnit::blocks;
};

/// Reads "1000", "20k", "1000 blocks", "10%", "0.3M tokens"; k, M and G are powers of 1000.
/// Errors: ConfigError for anything else, a share above 100 %, and a part of a block.
[[nodiscard]] CapacityText parse_capacity(std::string_view text);

/// Whole blocks of that size, rounded down. Errors: ConfigError when there are none, or more than can be numbered.
[[nodiscard]] std::size_t capacity_blocks(const CapacityText& capacity, const BlockStream& stream);

}  // namespace cleave
