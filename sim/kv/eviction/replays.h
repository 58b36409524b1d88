#pragma once
// The replay loop, compiled once for each policy of the table.

#include "sim/kv/eviction/replay.h"

namespace cleave {

// replays_lists.cpp
ReplayResult replay_fifo(const BlockStream& stream, const PolicyParams& params);
ReplayResult replay_lru(const BlockStream& stream, const PolicyParams& params);
ReplayResult replay_lru_by_request(const BlockStream& stream, const PolicyParams& params);
ReplayResult replay_ttl(const BlockStream& stream, const PolicyParams& params);
ReplayResult replay_clock(const BlockStream& stream, const PolicyParams& params);
ReplayResult replay_clock_2bit(const BlockStream& stream, const PolicyParams& params);
ReplayResult replay_sieve(const BlockStream& stream, const PolicyParams& params);

// replays_queues.cpp
ReplayResult replay_s3_fifo(const BlockStream& stream, const PolicyParams& params);
ReplayResult replay_slru(const BlockStream& stream, const PolicyParams& params);
ReplayResult replay_two_q(const BlockStream& stream, const PolicyParams& params);
ReplayResult replay_arc(const BlockStream& stream, const PolicyParams& params);
ReplayResult replay_w_tiny_lfu(const BlockStream& stream, const PolicyParams& params);

// replays_ranked.cpp
ReplayResult replay_leaf_lru(const BlockStream& stream, const PolicyParams& params);
ReplayResult replay_lfu(const BlockStream& stream, const PolicyParams& params);
ReplayResult replay_gdsf(const BlockStream& stream, const PolicyParams& params);
ReplayResult replay_length_aware(const BlockStream& stream, const PolicyParams& params);
ReplayResult replay_cost_aware(const BlockStream& stream, const PolicyParams& params);
ReplayResult replay_hyperbolic(const BlockStream& stream, const PolicyParams& params);
ReplayResult replay_lecar(const BlockStream& stream, const PolicyParams& params);
ReplayResult replay_random(const BlockStream& stream, const PolicyParams& params);
ReplayResult replay_lhd(const BlockStream& stream, const PolicyParams& params);
ReplayResult replay_session_aware(const BlockStream& stream, const PolicyParams& params);
ReplayResult replay_belady(const BlockStream& stream, const PolicyParams& params);
ReplayResult replay_belady_bypass(const BlockStream& stream, const PolicyParams& params);

}  // namespace cleave
