#pragma once
// A block stream through a cache: the loop, once for each policy.

#include <algorithm>
#include <cstdint>
#include <vector>

#include "sim/kv/eviction/block_cache.h"
#include "sim/kv/eviction/block_stream.h"
#include "sim/kv/eviction/hit_tally.h"

namespace cleave {

struct ReplayResult {
  ReplayCounts counts;
  std::uint32_t hit_crc = 0;          // of one byte an access, 1 hit and 0 miss, in stream order
  std::uint32_t leading_run_crc = 0;  // of each request's leading run, as a 32-bit little-endian word
  bool operator==(const ReplayResult&) const = default;
};

/// How a request takes its blocks.
enum class Taking : std::uint8_t {
  block_by_block,          // each miss makes room before the next block is looked up
  at_once_from_the_first,  // all are looked up, all are used or inserted, then the cache shrinks to its capacity
  at_once_from_the_last,   // likewise, used and inserted from the prompt's last block to its first, as vLLM frees them
};

/// Replays one stream at one capacity.
template <class Policy, Taking taking = Taking::block_by_block>
class Replay {
 public:
  Replay(const BlockStream& stream, const PolicyParams& params)
      : stream_(stream), cache_(params.capacity, Policy{params}) {}

  ReplayResult run() {
    for (std::size_t i = 0; i < stream_.requests(); ++i) take(i);
    result_.hit_crc = hits_crc_.value();
    result_.leading_run_crc = leading_crc_.value();
    return result_;
  }

 private:
  void take(std::size_t request) {
    const auto blocks = stream_.request(request);
    Access access;
    access.number = stream_.begins[request];
    access.request = static_cast<std::uint32_t>(request);
    access.time = stream_.arrivals[request];
    access.session = stream_.sessions.empty() ? access.request : stream_.sessions[request];
    access.closes = !stream_.closes.empty() && stream_.closes[request];
    found_.resize(blocks.size());
    taking == Taking::block_by_block ? one_by_one(blocks, access) : at_once(blocks, access);
    count(request);
  }

  static Access nth(Access first, std::span<const std::uint32_t> blocks, std::size_t i) {
    first.key = BlockKey{blocks[i]};
    first.number += i;
    first.depth = static_cast<std::uint32_t>(i);
    return first;
  }
  void one_by_one(std::span<const std::uint32_t> blocks, const Access& first) {
    for (std::size_t i = 0; i < blocks.size(); ++i) found_[i] = cache_.access(nth(first, blocks, i)) ? 1 : 0;
  }
  void at_once(std::span<const std::uint32_t> blocks, const Access& first) {
    cache_.settle(first.time);
    for (std::size_t i = 0; i < blocks.size(); ++i) found_[i] = cache_.contains(BlockKey{blocks[i]}) ? 1 : 0;
    for (std::size_t n = 0; n < blocks.size(); ++n) {
      const std::size_t i = taking == Taking::at_once_from_the_last ? blocks.size() - 1 - n : n;
      cache_.touch(nth(first, blocks, i));
    }
    cache_.trim(first);
  }

  void count(std::size_t request) {
    const auto miss = std::find(found_.begin(), found_.end(), 0);
    const auto leading = static_cast<std::size_t>(miss - found_.begin());
    result_.counts.add_request(found_.size(), leading, stream_.tokens_of(request, leading), stream_.inputs[request]);
    for (const std::uint8_t found : found_) result_.counts.hits += found;
    hits_crc_.add(std::span<const std::uint8_t>(found_));
    leading_crc_.add(static_cast<std::uint32_t>(leading));
  }

  const BlockStream& stream_;
  BlockCache<Policy> cache_;
  std::vector<std::uint8_t> found_;  // of the request at hand, by block
  ReplayResult result_;
  Crc32 hits_crc_;
  Crc32 leading_crc_;
};

}  // namespace cleave
