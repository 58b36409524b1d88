#pragma once
// The time of a KV transfer: what passes before and after its bytes, and how fast these can move.

#include <cstdint>
#include <optional>

#include "models/transfer/descriptors.h"
#include "models/transfer/protocol.h"
#include "models/units/units.h"

namespace cleave {

/// What is to be moved. Shape: bytes and descriptors of all ranks together.
struct TransferLoad {
  Bytes bytes;                   // on the network: after encoding, each copy counted
  std::int64_t descriptors = 1;  // at least 1
  std::uint32_t ranks = 1;       // that post at once
  Batching batching = Batching::batched;
};

/// What it moves over.
struct TransferRoute {
  BytesPerSecond raw;        // of all NICs or ports of the narrower side, without protocol
  double nodes = 1;          // that the narrower side spans
  BytesPerSecond host_link;  // of all accelerators of the narrower side: used when staged
  bool first = false;        // nothing has moved between these two places before
};

/// Nothing moves for `before`; then the bytes, no faster than `rate`; `after` follows the last byte.
struct TransferStages {
  Duration before{};
  Duration after{};
  BytesPerSecond rate;

  [[nodiscard]] Duration total(Bytes bytes) const {
    return before + after + next_nanosecond(seconds_to_move(bytes, rate));
  }
};

/// before = setup + connection + posting (where nothing moves until all is posted) + filling the staging buffer;
/// rate = the least of the raw rate's share at this descriptor size, posting, the NICs' operations, the processors'
/// ceiling, connections and staging copies.
/// Errors: none. Source: facts of each protocol's catalogue entry; the form is latency plus the slowest of stages that
/// work at once, as measured for EFA by block size (rates follow size x operations, then the wire).
[[nodiscard]] TransferStages transfer_stages(const ProtocolSpec& protocol, const TransferLoad& load,
                                             const TransferRoute& route);

/// What a codec adds when it encodes and decodes while the bytes move.
struct CodecStages {
  Bytes bytes;          // after encoding
  Duration before{};    // until the first chunk is encoded
  Duration after{};     // until the last chunk is decoded
  BytesPerSecond rate;  // of encoded bytes that the slower end sustains
};
/// `chunk` of the bytes are encoded together, all of them if it is larger; `from` and `to` count accelerators.
[[nodiscard]] CodecStages codec_stages(const CodecSpec& codec, Bytes bytes, Bytes chunk, std::uint32_t from,
                                       std::uint32_t to);

/// A kernel that reads KV in one form and writes it in another. `memory` is the joint rate that the converting
/// accelerators reach. Bytes in and bytes out cross that memory once each.
[[nodiscard]] Duration conversion_time(Bytes in, Bytes out, BytesPerSecond memory);

}  // namespace cleave
