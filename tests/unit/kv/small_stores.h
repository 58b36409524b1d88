#pragma once
// Small stores of a tier, and what is put into them.

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "sim/kv/tier/tier_store.h"

namespace cleave {

inline std::vector<BlockKey> prompt(std::uint64_t name, std::size_t objects) {
  std::vector<BlockKey> keys;
  for (std::size_t i = 0; i < objects; ++i) keys.push_back(BlockKey{(name << 20) + i + 1});
  return keys;
}

inline TimePoint at(Duration time) {
  return TimePoint{time};
}

inline TierStoreParams small(std::int64_t capacity, std::string eviction = "lru") {
  TierStoreParams params;
  params.capacity = capacity;
  params.eviction = std::move(eviction);
  return params;
}

/// Writes a prompt at once.
inline void put(TierStore& store, std::span<const BlockKey> keys, Duration time) {
  std::vector<std::uint32_t> accepted;
  if (const auto id = store.put_start(keys, 0, at(time), accepted)) store.put_end(*id, at(time));
}

/// A read ends, and the store hears so at once.
inline bool finish(TierStore& store, std::uint32_t read, Duration time) {
  const bool usable = store.read_end(read, at(time));
  store.read_release(read, at(time));
  return usable;
}

}  // namespace cleave
