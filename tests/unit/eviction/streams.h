#pragma once
// Small streams for tests: random ones from a fixed seed, and replays of them by policy name.

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <vector>

#include "sim/kv/eviction/policy_table.h"

namespace cleave::test {

/// Random numbers that are the same everywhere.
class Draws {
 public:
  explicit Draws(std::uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15ULL + 1) {}
  std::uint32_t below(std::uint64_t n) {
    state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<std::uint32_t>((state_ >> 33) % n);
  }

 private:
  std::uint64_t state_;
};

inline void add_request(BlockStream& stream, const std::vector<std::uint32_t>& blocks) {
  stream.blocks.insert(stream.blocks.end(), blocks.begin(), blocks.end());
  stream.begins.push_back(stream.blocks.size());
  const auto count = static_cast<std::int64_t>(blocks.size());
  stream.inputs.push_back(stream.block_size * count - Tokens{blocks.empty() ? 0 : 100});  // the last block is partial
  stream.arrivals.push_back(kStartOfTime + std::chrono::seconds{stream.requests()});
  for (const std::uint32_t block : blocks) stream.unique = std::max(stream.unique, block + 1);
}

/// Requests that walk down a growing tree of blocks: each continues an earlier prefix, half of the time a recent one.
inline BlockStream tree_stream(std::uint64_t seed, std::size_t requests, std::uint32_t longest) {
  Draws draws(seed);
  BlockStream stream;
  std::vector<std::vector<std::uint32_t>> paths;  // by node: the blocks from its root to it
  for (std::size_t r = 0; r < requests; ++r) {
    std::vector<std::uint32_t> path;
    if (!paths.empty() && draws.below(4) != 0) {
      const auto known = static_cast<std::uint32_t>(paths.size());
      const std::uint32_t back = draws.below(2) == 0 ? draws.below(std::min(known, 12U)) : draws.below(known);
      path = paths[known - 1 - back];
    }
    for (std::uint32_t grow = draws.below(4); path.empty() || (grow > 0 && path.size() < longest); --grow) {
      path.push_back(static_cast<std::uint32_t>(paths.size()));
      paths.push_back(path);
      if (grow == 0) break;
    }
    add_request(stream, path);
  }
  return stream;
}

/// Blocks without order among them: skewed, so that some return often.
inline BlockStream flat_stream(std::uint64_t seed, std::size_t accesses, std::uint32_t blocks) {
  Draws draws(seed);
  BlockStream stream;
  for (std::size_t i = 0; i < accesses; ++i) {
    const std::uint32_t limit = 1 + draws.below(blocks);
    add_request(stream, {draws.below(2) == 0 ? draws.below(limit) : draws.below(1 + limit / 4)});
  }
  return stream;
}

/// Requests of several blocks that follow no chain: hits may lie behind gaps.
inline BlockStream loose_stream(std::uint64_t seed, std::size_t requests, std::uint32_t blocks) {
  Draws draws(seed);
  BlockStream stream;
  for (std::size_t r = 0; r < requests; ++r) {
    std::vector<std::uint32_t> prompt;
    const std::uint32_t limit = 1 + draws.below(blocks);
    for (std::uint32_t i = 0; i < 6; ++i) {
      const std::uint32_t block = draws.below(limit);
      if (std::find(prompt.begin(), prompt.end(), block) == prompt.end()) prompt.push_back(block);
    }
    add_request(stream, prompt);
  }
  return stream;
}

inline ReplayResult replay(const EvictionEntry& policy, const BlockStream& stream, std::size_t capacity,
                           std::uint64_t seed = 1) {
  PolicyParams params;
  params.capacity = capacity;
  params.seed = seed;
  const std::vector<NextUse> future = next_uses(stream);
  params.next_uses = future;
  return policy.replay(stream, params);
}

inline ReplayResult replay(std::string_view policy, const BlockStream& stream, std::size_t capacity) {
  const EvictionEntry* entry = find_eviction_policy(policy);
  REQUIRE(entry != nullptr);
  return replay(*entry, stream, capacity);
}

}  // namespace cleave::test
