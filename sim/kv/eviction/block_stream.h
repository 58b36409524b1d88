#pragma once
// A recorded sequence of block look-ups, without timing beyond the requests' arrivals.

#include <cstdint>
#include <span>
#include <vector>

#include "models/units/units.h"
#include "sim/kv/eviction/policy_params.h"

namespace cleave {

/// The prompt blocks of requests in order of arrival. Blocks are numbered from 0, without gaps.
/// Shape: request i looks up blocks[begins[i]] ... blocks[begins[i + 1] - 1], from the first block of its prompt on.
struct BlockStream {
  Tokens block_size{512};
  std::vector<std::uint32_t> blocks;
  std::vector<std::size_t> begins = {0};
  std::vector<Tokens> inputs;       // by request; the last block may be partial, and the rest unnamed
  std::vector<TimePoint> arrivals;  // by request
  /// By request; empty where nothing is known of sessions: each request is one of its own, and none says that it ends.
  std::vector<std::uint32_t> sessions;
  std::vector<bool> closes;  // the session's last request
  std::uint32_t unique = 0;

  [[nodiscard]] std::size_t requests() const { return inputs.size(); }
  [[nodiscard]] std::span<const std::uint32_t> request(std::size_t i) const {
    return std::span(blocks).subspan(begins[i], begins[i + 1] - begins[i]);
  }
  /// Tokens of a request's first `count` blocks.
  [[nodiscard]] Tokens tokens_of(std::size_t i, std::size_t count) const {
    const Tokens whole = block_size * static_cast<std::int64_t>(count);
    return whole < inputs[i] ? whole : inputs[i];
  }
};

/// For each access, the number of the next access to the same block.
[[nodiscard]] std::vector<NextUse> next_uses(const BlockStream& stream);

}  // namespace cleave
