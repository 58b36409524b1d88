#pragma once
// Names of content: segments of tokens, and the chained keys of KV blocks.

#include <compare>
#include <cstdint>

#include "models/units/units.h"

namespace cleave {

/// A run of tokens with one origin: a system prompt, a user's message, a trace's block, or one request's output.
/// Two tokens are equal if and only if their (segment, offset) are equal.
class SegmentId {
 public:
  constexpr SegmentId() = default;
  /// A segment of given (prompt) text; `name` is unique within the run and below 2^62.
  [[nodiscard]] static constexpr SegmentId given(std::uint64_t name) { return SegmentId{name}; }
  /// The tokens that decoding `request` produces.
  [[nodiscard]] static constexpr SegmentId output_of(RequestId request) {
    return SegmentId{kOutputBit | request.value()};
  }
  [[nodiscard]] constexpr bool is_output() const { return (value_ & kOutputBit) != 0; }
  [[nodiscard]] constexpr std::uint64_t value() const { return value_; }
  constexpr auto operator<=>(const SegmentId&) const = default;

 private:
  static constexpr std::uint64_t kOutputBit = 1ULL << 62;
  constexpr explicit SegmentId(std::uint64_t value) : value_(value) {}
  std::uint64_t value_{};
};

/// Content address of a KV block: chains the hashes of all tokens before it and the model's name space in the root.
/// 64 bits: with 10^8 distinct blocks the chance of any collision is below 3e-4.
enum class BlockKey : std::uint64_t {};

}  // namespace cleave
