// Instances of the replay loop; three files so that each compiles quickly.
#include "sim/kv/eviction/policies/lists.h"
#include "sim/kv/eviction/replays.h"

namespace cleave {

ReplayResult replay_fifo(const BlockStream& stream, const PolicyParams& params) {
  return Replay<Fifo>(stream, params).run();
}
ReplayResult replay_lru(const BlockStream& stream, const PolicyParams& params) {
  return Replay<Lru>(stream, params).run();
}
ReplayResult replay_lru_by_request(const BlockStream& stream, const PolicyParams& params) {
  return Replay<Lru, Taking::at_once_from_the_last>(stream, params).run();
}
ReplayResult replay_ttl(const BlockStream& stream, const PolicyParams& params) {
  return Replay<TtlLru>(stream, params).run();
}
ReplayResult replay_clock(const BlockStream& stream, const PolicyParams& params) {
  return Replay<Clock<1>>(stream, params).run();
}
ReplayResult replay_clock_2bit(const BlockStream& stream, const PolicyParams& params) {
  return Replay<Clock<3>>(stream, params).run();
}
ReplayResult replay_sieve(const BlockStream& stream, const PolicyParams& params) {
  return Replay<Sieve>(stream, params).run();
}

}  // namespace cleave
