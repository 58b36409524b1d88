// Instances of the replay loop; three files so that each compiles quickly.
#include "sim/kv/eviction/policies/belady.h"
#include "sim/kv/eviction/policies/drawn.h"
#include "sim/kv/eviction/policies/leaf_lru.h"
#include "sim/kv/eviction/policies/lecar.h"
#include "sim/kv/eviction/policies/lhd.h"
#include "sim/kv/eviction/policies/scored.h"
#include "sim/kv/eviction/policies/session_aware.h"
#include "sim/kv/eviction/replays.h"

namespace cleave {

ReplayResult replay_leaf_lru(const BlockStream& stream, const PolicyParams& params) {
  return Replay<LeafLru, Taking::at_once_from_the_first>(stream, params).run();
}
ReplayResult replay_lfu(const BlockStream& stream, const PolicyParams& params) {
  return Replay<Lfu>(stream, params).run();
}
ReplayResult replay_gdsf(const BlockStream& stream, const PolicyParams& params) {
  return Replay<Gdsf>(stream, params).run();
}
ReplayResult replay_length_aware(const BlockStream& stream, const PolicyParams& params) {
  return Replay<LengthAware>(stream, params).run();
}
ReplayResult replay_cost_aware(const BlockStream& stream, const PolicyParams& params) {
  return Replay<CostAware>(stream, params).run();
}
ReplayResult replay_hyperbolic(const BlockStream& stream, const PolicyParams& params) {
  return Replay<Hyperbolic>(stream, params).run();
}
ReplayResult replay_lecar(const BlockStream& stream, const PolicyParams& params) {
  return Replay<Lecar>(stream, params).run();
}
ReplayResult replay_random(const BlockStream& stream, const PolicyParams& params) {
  return Replay<RandomEviction>(stream, params).run();
}
ReplayResult replay_lhd(const BlockStream& stream, const PolicyParams& params) {
  return Replay<Lhd>(stream, params).run();
}
ReplayResult replay_session_aware(const BlockStream& stream, const PolicyParams& params) {
  return Replay<SessionAware>(stream, params).run();
}
ReplayResult replay_belady(const BlockStream& stream, const PolicyParams& params) {
  return Replay<Belady>(stream, params).run();
}
ReplayResult replay_belady_bypass(const BlockStream& stream, const PolicyParams& params) {
  return Replay<BeladyBypass>(stream, params).run();
}

}  // namespace cleave
