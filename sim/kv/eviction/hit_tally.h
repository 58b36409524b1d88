#pragma once
// What a replay counts.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "models/units/units.h"

namespace cleave {

/// Hits of one policy at one capacity. A prefix cache can use only the leading run of a request: the blocks before its
/// first miss. Block hits behind a gap are worth nothing there.
struct ReplayCounts {
  std::uint64_t accesses = 0;
  std::uint64_t hits = 0;  // blocks found, wherever in their request
  std::uint64_t leading_run_hits = 0;
  Tokens leading_run_tokens{0};
  double leading_run_cost = 0;  // of computing them again: recompute_cost.h
  Tokens input{0};
  double input_cost = 0;  // of computing everything

  void add_request(std::size_t blocks, std::size_t leading, Tokens leading_tokens, Tokens request_input);
  bool operator==(const ReplayCounts&) const = default;
};

/// CRC-32 as in zlib, of data that comes in pieces.
class Crc32 {
 public:
  void add(std::span<const std::uint8_t> bytes);
  /// Little-endian.
  void add(std::uint32_t word);
  [[nodiscard]] std::uint32_t value() const { return value_; }

 private:
  std::uint32_t value_ = 0;
};

}  // namespace cleave
