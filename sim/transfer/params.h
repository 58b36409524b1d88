#pragma once
// What a scenario can say about moving KV between replicas.

#include <cstdint>
#include <optional>

#include "models/units/units.h"

namespace cleave {

/// after_prefill: one flow when the whole prompt's KV exists. layerwise: a flow for each prefill chunk, capped at the
/// rate at which the chunk's layers are computed.
enum class HandoffMode { after_prefill, layerwise };

/// What becomes of KV that decoding produced. drop: gone at the request's end. pull: stays in the decode replica's
/// cache, and a later turn's prefill fetches it. store: pushed to the replica that prefilled, at the request's end.
/// On a mixed replica pull and store are the same: the KV stays where it is.
enum class DecodeKv { drop, pull, store };

struct TransferParams {
  HandoffMode mode = HandoffMode::after_prefill;
  /// Not given: as vLLM does, kept on mixed replicas, dropped on decode replicas.
  std::optional<DecodeKv> decode_kv;
  Duration setup = std::chrono::microseconds{374};  // per movement. Source: fit of Mooncake's H800 table, facts
  double efficiency = 0.71;                         // of the NICs' raw rate. Source: same table, 142 of 200 GB/s
  Duration message_latency = std::chrono::microseconds{50};  // control messages between replicas
  Duration retry_timeout = std::chrono::seconds{1};  // before a lost message or a failed movement is tried again
  std::uint32_t max_retries = 3;                     // then the request is recomputed
};

}  // namespace cleave
