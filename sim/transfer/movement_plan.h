#pragma once
// From "these tokens' KV from here to there" to a movement: descriptors, protocol, staging, codec, conversion.

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>

#include "models/tier/tier_cost.h"
#include "models/transfer/transfer_cost.h"
#include "sim/transfer/kv_mover.h"

namespace cleave {

/// The protocols of a run, the scenario's overrides applied.
struct TransferSpecs {
  ProtocolSpec network;
  ProtocolSpec local;  // within one scale-up domain
  ProtocolSpec wan;    // between regions
  std::optional<CodecSpec> codec;
  std::optional<TierSpec> store;  // given when the network's path is through a store
  std::optional<PlaceId> store_place;
};

/// A kernel on one side that changes the format, when sides differ in it.
struct KvConversion {
  bool at_sender = false;
  BytesPerSecond memory;  // of all that side's accelerators
};

/// How KV gets from replicas of one pool to replicas of another. Borrows the specs; built once for a pair of pools.
struct KvPath {
  enum class Reach : std::uint8_t { network, local, wan };

  const TransferSpecs* specs = nullptr;
  Reach reach = Reach::network;
  KvShape shape;
  KvSide from;
  KvSide to;
  double bytes_out = 0;  // a token's KV, as the sender keeps it
  double bytes_in = 0;   // as the receiver keeps it
  double from_accelerators = 1;
  double to_accelerators = 1;
  TransferRoute route;   // of the narrower side; `first` is the mover's to know
  BytesPerSecond links;  // what the platform's links give a lone flow: a cap above it is none
  std::optional<KvConversion> conversion;
  std::optional<BytesPerSecond> transposed_at;  // the receiver's memory rate, where its kernel reshards
  Batching batching = Batching::batched;
  ReplicatedKv replicated = ReplicatedKv::every_rank;
  Duration message_latency{};
  Duration distance{};                    // one way between regions: what a question to the other side takes more
  std::optional<BytesPerSecond> ceiling;  // of one movement over that distance

  [[nodiscard]] const ProtocolSpec& protocol() const {
    return reach == Reach::local ? specs->local : reach == Reach::wan ? specs->wan : specs->network;
  }
  /// Whether the sender writes: it then waits for the receiver's addresses, and tells it when all has arrived.
  [[nodiscard]] bool pushes() const { return protocol().initiator == Initiator::sender; }
};

/// What one movement carries.
struct KvParcel {
  double tokens = 0;
  Bytes state;              // constant state that goes along, in one piece
  std::int64_t blocks = 0;  // of the sender's size, begun ones included
  std::int64_t runs = 0;    // contiguous on both sides; = blocks where that was not looked at
  bool first = true;        // of its request: later ones find everything set up
  bool asks_first = false;  // a sender that writes has not been told yet where to
};

/// A movement from place to place; its rate cap is the caller's to set.
[[nodiscard]] Movement plan_movement(const KvPath& path, const KvParcel& parcel, PlaceId from, PlaceId to);

/// Stretches of blocks that lie side by side in both lists, as far as both go; an empty `to` joins everything.
template <class Block>
[[nodiscard]] std::int64_t contiguous_runs(std::span<const Block> from, std::span<const Block> to) {
  const std::size_t count = to.empty() ? from.size() : std::min(from.size(), to.size());
  std::int64_t runs = count > 0 ? 1 : 0;
  for (std::size_t i = 1; i < count; ++i) {
    const bool joined =
        from[i].value() == from[i - 1].value() + 1 && (to.empty() || to[i].value() == to[i - 1].value() + 1);
    if (!joined) ++runs;
  }
  return runs;
}

}  // namespace cleave
