#include "sim/transfer/movement_plan.h"

#include <algorithm>
#include <cmath>

namespace cleave {
namespace {

Bytes whole(double bytes) {
  return Bytes{std::llround(bytes)};
}

/// Rates at or above what the links give a lone flow are no cap at all.
std::optional<BytesPerSecond> cap_of(BytesPerSecond rate, BytesPerSecond links) {
  if (rate.value() >= links.value() * (1 - 1e-9)) return std::nullopt;
  return rate;
}

/// A leg into or out of a store: the protocol's share and the tier's.
void add_store(const KvPath& path, Movement& movement, const TransferLoad& load, BytesPerSecond network) {
  const TierSpec& tier = *path.specs->store;
  const Bytes object = tier.object_size ? tier.object_size->value : Bytes{load.bytes.value() / load.descriptors + 1};
  const TierLoad objects = in_objects(load.bytes, object);
  const TierStages write = tier_stages(tier, TierAccess::write, objects);
  const TierStages read = tier_stages(tier, TierAccess::read, objects);
  Relay relay;
  relay.place = *path.specs->store_place;
  relay.setup = movement.setup + read.before;
  relay.after = movement.after;
  relay.protocol_cap = cap_of(std::min(network, read.rate), path.links);
  movement.setup += write.before;
  movement.protocol_cap = cap_of(std::min(network, write.rate), path.links);
  movement.via = relay;
}

/// Descriptors of a parcel. Where a kernel reshards, blocks leave as the sender has them.
DescriptorCount count_pieces(const KvPath& path, const KvParcel& parcel) {
  const std::int64_t cut = std::max<std::int64_t>(1, path.from.block.value() / path.to.block.value());
  const std::int64_t runs = path.from.block == path.to.block ? parcel.runs : parcel.blocks * cut;
  const auto count = [&](const KvSide& to) {
    return count_descriptors(path.shape, path.from, to, parcel.blocks * cut, runs, path.batching, path.replicated);
  };
  DescriptorCount pieces = count(path.to);
  if (path.transposed_at) pieces.total = count(path.from).total;
  return pieces;
}

}  // namespace

Movement plan_movement(const KvPath& path, const KvParcel& parcel, PlaceId from, PlaceId to) {
  const ProtocolSpec& protocol = path.protocol();
  const double kept = parcel.tokens * path.bytes_out + static_cast<double>(parcel.state.value());
  const double sent =
      parcel.tokens * std::min(path.bytes_out, path.bytes_in) + static_cast<double>(parcel.state.value());
  const DescriptorCount pieces = count_pieces(path, parcel);

  Movement movement{from,        to,           whole(sent * pieces.copies),
                    Duration{0}, std::nullopt, std::nullopt,
                    Duration{0}, Duration{0},  std::nullopt};
  BytesPerSecond rate = path.links;
  if (path.specs->codec && path.reach != KvPath::Reach::local) {
    const CodecSpec& codec = *path.specs->codec;
    const Bytes chunk = codec.chunk_tokens ? whole(codec.chunk_tokens->value * path.bytes_out) : movement.bytes;
    const CodecStages coded =
        codec_stages(codec, movement.bytes, chunk, static_cast<std::uint32_t>(path.from_accelerators),
                     static_cast<std::uint32_t>(path.to_accelerators));
    movement.bytes = coded.bytes;
    movement.setup += coded.before;
    movement.after += coded.after;
    rate = std::min(rate, coded.rate);
  }
  if (path.conversion) {
    const Duration kernel = conversion_time(whole(kept), whole(parcel.tokens * path.bytes_in), path.conversion->memory);
    (path.conversion->at_sender ? movement.setup : movement.after) += kernel;
  }
  if (path.transposed_at) movement.after += conversion_time(movement.bytes, movement.bytes, *path.transposed_at);
  const std::uint32_t ranks = path.pushes() ? path.from.ranks() : path.to.ranks();
  const std::int64_t in_one_piece = parcel.state > Bytes{0} ? ranks : 0;
  const TransferLoad load{movement.bytes, std::max<std::int64_t>(1, pieces.total + in_one_piece), ranks, path.batching};
  const TransferStages stages = transfer_stages(protocol, load, path.route);
  movement.setup += stages.before - (parcel.first ? Duration{0} : protocol.setup.value);
  movement.after += stages.after;
  rate = std::min(rate, stages.rate);
  if (path.ceiling) rate = std::min(rate, *path.ceiling);
  if (protocol.connect) movement.connect = protocol.connect->value;
  if (path.pushes()) {
    if (parcel.asks_first) movement.setup += path.message_latency + path.distance;
    movement.after += path.message_latency;
  }
  movement.protocol_cap = cap_of(rate, path.links);
  if (protocol.path == TransferPath::store) add_store(path, movement, load, rate);
  return movement;
}

}  // namespace cleave
