#include "sim/engine/state_cache.h"

#include <algorithm>

namespace cleave {
namespace {

bool keeps(const EngineState& state) {
  return state.kept_state_blocks > 0 && state.state_caching != StateCaching::none && state.memory->caches();
}

/// The first and the last block, counted from one, behind which a state is to be kept; empty when first > last.
struct Places {
  std::int64_t first = 1;
  std::int64_t last = 0;
  [[nodiscard]] std::int64_t count() const { return std::max<std::int64_t>(0, last - first + 1); }
};

/// A paged engine's step leaves a state where it ends; a radix tree's also at the last page's end within the step.
Places places_to_keep(const EngineState& state, const Sequence& sequence, std::int64_t tokens, std::int64_t kept_at) {
  if (!keeps(state)) return {};
  const std::int64_t findable = sequence.cache_output ? tokens : std::min(tokens, sequence.prompt());
  const std::int64_t last = findable / state.block_size.value();
  if (state.state_caching == StateCaching::all) return {kept_at + 1, last};
  const bool ends_there = !state.memory->publishes_early() || last * state.block_size.value() == tokens;
  if (!ends_there || last <= kept_at) return {};
  return {last, last};
}

void keep_behind(EngineState& state, Sequence& sequence, std::int64_t block) {
  const std::vector<BlockKey> keys = state_keys(state, (*sequence.keys)[static_cast<std::size_t>(block) - 1]);
  if (state.state_caching == StateCaching::align) state.memory->release(sequence.kept);
  sequence.kept_at = block;  // a place that finds no room is not tried again
  std::vector<BlockId> held;
  if (state.memory->match(keys) == keys.size()) {  // somebody with the same prompt has kept it
    state.memory->acquire(keys, held);
  } else {
    if (!state.memory->allocate(state.kept_state_blocks, held)) return;
    state.memory->publish_quietly(held, keys);
    state.kept_in_step.push_back(keys.front());
  }
  sequence.kept.insert(sequence.kept.end(), held.begin(), held.end());
}

}  // namespace

std::vector<BlockKey> state_keys(const EngineState& state, BlockKey at) {
  std::vector<BlockKey> keys;
  // Far from any other key, as all are well mixed; apart from each other by odd steps.
  const std::uint64_t base = static_cast<std::uint64_t>(at) ^ 0x5bf0'3635'9a1d'c2e7ULL;
  for (std::int64_t i = 0; i < state.kept_state_blocks; ++i) {
    keys.push_back(BlockKey{base + static_cast<std::uint64_t>(i) * 0x9e37'79b9'7f4a'7c15ULL});
  }
  return keys;
}

std::span<const BlockKey> startable(const EngineState& state, std::span<const BlockKey> cached) {
  if (state.kept_state_blocks == 0) return cached;
  if (!keeps(state)) return cached.first(0);
  while (!cached.empty()) {
    cached = cached.first(state.memory->last_end(cached));
    if (cached.empty()) break;
    const std::vector<BlockKey> keys = state_keys(state, cached.back());
    if (state.memory->match(keys) == keys.size()) break;
    cached = cached.first(cached.size() - 1);
  }
  return cached;
}

std::int64_t cut_to_keep_state(const EngineState& state, const Sequence& sequence, std::int64_t from,
                               std::int64_t tokens) {
  if (!keeps(state) || state.state_caching != StateCaching::align || !state.memory->publishes_early()) return tokens;
  const std::int64_t known = sequence.known;
  if (from >= std::max(sequence.prompt(), known - 1)) return tokens;  // it decodes
  const std::int64_t size = state.block_size.value();
  const std::int64_t last_place = known / size * size;
  if (from + tokens < last_place) return tokens / size * size;
  return from < last_place && last_place < from + tokens ? last_place - from : tokens;
}

std::int64_t blocks_to_keep_state(const EngineState& state, const Sequence& sequence, std::int64_t tokens,
                                  std::optional<std::int64_t> starts_behind) {
  const Places places = places_to_keep(state, sequence, tokens, starts_behind.value_or(sequence.kept_at));
  // What was kept last is let go for what is kept next.
  const bool holds_one = starts_behind.has_value() || !sequence.kept.empty();
  if (state.state_caching == StateCaching::align && holds_one) return 0;
  return places.count() * state.kept_state_blocks;
}

void keep_state(EngineState& state, Sequence& sequence, std::int64_t tokens) {
  const Places places = places_to_keep(state, sequence, tokens, sequence.kept_at);
  const auto named = static_cast<std::int64_t>(sequence.keys->size());
  for (std::int64_t block = places.first; block <= std::min(places.last, named); ++block) {
    keep_behind(state, sequence, block);
  }
}

}  // namespace cleave
