#pragma once
// What a scenario can say about moving KV between replicas.

#include <cstdint>
#include <optional>
#include <string>

#include "models/transfer/descriptors.h"
#include "models/units/units.h"

namespace cleave {

/// after_prefill: one flow when the whole prompt's KV exists. chunkwise: a flow for each prefill chunk, when its step
/// ends. layerwise: a flow for each prefill chunk, capped at the rate at which the chunk's layers are computed.
enum class HandoffMode { after_prefill, chunkwise, layerwise };

/// What becomes of KV that decoding produced. drop: gone at the request's end. pull: stays in the decode replica's
/// cache, and a later turn's prefill fetches it. store: pushed to the replica that prefilled, at the request's end.
/// On a mixed replica pull and store are the same: the KV stays where it is.
enum class DecodeKv { drop, pull, store };

/// Pools that hand over to each other and keep KV in another format, layout or block size: refused when the scenario is
/// read, or converted on the way.
enum class Mismatch : std::uint8_t { refuse, convert };

/// Sides that shard or lay out their blocks differently. slices: each piece that is contiguous on both sides is a
/// descriptor. kernel: blocks move whole, and a kernel of the receiver puts their parts in place.
enum class Reshard : std::uint8_t { slices, kernel };

struct TransferParams {
  HandoffMode mode = HandoffMode::after_prefill;
  std::string protocol;                     // empty: rdma-read after prefill, else rdma-write
  std::string local_protocol = "cuda-ipc";  // between replicas of one scale-up domain
  Batching batching = Batching::batched;
  ReplicatedKv replicated_kv = ReplicatedKv::every_rank;
  std::string codec;                   // empty: none
  std::string store;                   // the tier that a protocol of path `store` goes through
  std::optional<std::uint32_t> rails;  // NICs that one movement is striped over; not given: all
  Mismatch mismatch = Mismatch::refuse;
  Reshard reshard = Reshard::slices;
  std::optional<Bytes> staging_limit;  // bytes under way to one replica at once
  /// Not given: as vLLM does, kept on mixed replicas, dropped on decode replicas.
  std::optional<DecodeKv> decode_kv;
  std::optional<Duration> setup;                             // overrides the protocol's
  std::optional<double> efficiency;                          // overrides the protocol's, at every descriptor size
  Duration message_latency = std::chrono::microseconds{50};  // control messages between replicas
  std::optional<Duration> timeout;                           // of one try of a movement; not given: none
  Duration retry_timeout = std::chrono::seconds{1};  // before a lost message or a failed movement is tried again
  std::uint32_t max_retries = 3;                     // then the request is recomputed
};

/// The protocol that a scenario means when it names none: vLLM's connectors read, engines that send while they compute
/// write.
[[nodiscard]] inline std::string protocol_name(const TransferParams& params) {
  if (!params.protocol.empty()) return params.protocol;
  return params.mode == HandoffMode::after_prefill ? "rdma-read" : "rdma-write";
}

}  // namespace cleave
