#include "sim/kv/eviction/hit_tally.h"

#include <zlib.h>

#include <array>

#include "sim/kv/eviction/recompute_cost.h"

namespace cleave {

void ReplayCounts::add_request(std::size_t blocks, std::size_t leading, Tokens leading_tokens, Tokens request_input) {
  accesses += blocks;
  leading_run_hits += leading;
  leading_run_tokens += leading_tokens;
  leading_run_cost += recompute_cost(leading_tokens);
  input += request_input;
  input_cost += recompute_cost(request_input);
}

void Crc32::add(std::span<const std::uint8_t> bytes) {
  value_ = static_cast<std::uint32_t>(crc32_z(value_, bytes.data(), bytes.size()));
}

void Crc32::add(std::uint32_t word) {
  const std::array<std::uint8_t, 4> bytes = {static_cast<std::uint8_t>(word), static_cast<std::uint8_t>(word >> 8),
                                             static_cast<std::uint8_t>(word >> 16),
                                             static_cast<std::uint8_t>(word >> 24)};
  add(std::span<const std::uint8_t>(bytes));
}

}  // namespace cleave
