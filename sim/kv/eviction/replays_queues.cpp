// Instances of the replay loop; three files so that each compiles quickly.
#include "sim/kv/eviction/policies/arc.h"
#include "sim/kv/eviction/policies/segments.h"
#include "sim/kv/eviction/policies/w_tiny_lfu.h"
#include "sim/kv/eviction/replays.h"

namespace cleave {

ReplayResult replay_s3_fifo(const BlockStream& stream, const PolicyParams& params) {
  return Replay<S3Fifo>(stream, params).run();
}
ReplayResult replay_slru(const BlockStream& stream, const PolicyParams& params) {
  return Replay<Slru>(stream, params).run();
}
ReplayResult replay_two_q(const BlockStream& stream, const PolicyParams& params) {
  return Replay<TwoQ>(stream, params).run();
}
ReplayResult replay_arc(const BlockStream& stream, const PolicyParams& params) {
  return Replay<Arc>(stream, params).run();
}
ReplayResult replay_w_tiny_lfu(const BlockStream& stream, const PolicyParams& params) {
  return Replay<WTinyLfu>(stream, params).run();
}

}  // namespace cleave
