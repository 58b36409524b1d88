#pragma once
// Ways to move KV between two memories, and codecs that shrink it on the way.
// Data: models/catalog/protocols, models/catalog/codecs.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/hardware/sourced.h"
#include "models/units/units.h"

namespace cleave {

/// Who posts the descriptors. receiver: it reads (pull). sender: it writes (push), and needs the receiver's addresses
/// first.
enum class Initiator : std::uint8_t { receiver, sender };

/// device: from accelerator memory to accelerator memory. host: through buffers in both hosts' memories. store: written
/// to a store as objects, and read from there.
enum class TransferPath : std::uint8_t { device, host, store };

/// Share of the raw rate that descriptors of one size reach.
struct ShareAtSize {
  Bytes descriptor{1};
  Sourced<double> share;
};

/// Copies between accelerator and host memory that go with `TransferPath::host`.
struct StagingSpec {
  Sourced<Bytes> chunk;             // copies and network work on chunks of this size at once
  Sourced<double> copy_efficiency;  // of the host link's raw rate
};

/// What a transfer pays besides its bytes. Times of one descriptor are per initiating rank: ranks post at once.
struct ProtocolSpec {
  std::string name;
  std::string description;
  Initiator initiator = Initiator::receiver;
  TransferPath path = TransferPath::device;
  Sourced<Duration> setup;                               // of each transfer: look-ups, first and last message
  std::optional<Sourced<Duration>> connect;              // of the first transfer between two places
  Sourced<Duration> post;                                // one thread's time for one descriptor of a prepared list
  Sourced<std::uint32_t> threads;                        // of a rank that post at once
  bool posts_first = false;                              // no byte moves until all are posted
  Sourced<Duration> call;                                // in place of `post` when each descriptor is a call of its own
  std::optional<Sourced<Duration>> operation;            // of one NIC for one descriptor, while others' bytes move
  std::optional<Sourced<BytesPerSecond>> operation_nic;  // that NIC's raw rate: a faster replica has more of them
  std::vector<ShareAtSize> efficiency;                   // ascending sizes; held constant outside them
  std::optional<Sourced<BytesPerSecond>> node_ceiling;   // that a node's processors reach, however many NICs it has
  std::optional<Sourced<BytesPerSecond>> connection_rate;
  std::optional<Sourced<std::uint32_t>> connections;  // used at once
  std::optional<StagingSpec> staging;                 // given exactly when path is host

  /// The share of the raw rate that the best descriptor size reaches: what links are built with.
  [[nodiscard]] double best_share() const;
  /// Interpolated over the logarithm of the size.
  [[nodiscard]] double share_of(double descriptor_bytes) const;
};

/// A lossy or lossless re-encoding of KV. Rates are in bytes before encoding, of one accelerator.
struct CodecSpec {
  std::string name;
  std::string description;
  Sourced<double> ratio;  // bytes before over bytes after, of 16-bit KV
  Sourced<BytesPerSecond> encode;
  Sourced<BytesPerSecond> decode;
  std::optional<Sourced<std::uint32_t>> chunk_tokens;  // encoded together; absent: any number
  std::string quality;                                 // what is lost, in words; empty: nothing
};

}  // namespace cleave
