#include "models/transfer/transfer_cost.h"

#include <algorithm>

namespace cleave {
namespace {

double real(Bytes bytes) {
  return static_cast<double>(bytes.value());
}

/// Seconds until a rank has posted its descriptors.
double posting_seconds(const ProtocolSpec& protocol, const TransferLoad& load) {
  const double each = static_cast<double>(load.descriptors) / load.ranks;
  if (load.batching == Batching::each) return each * to_seconds(protocol.call.value);
  return each * to_seconds(protocol.post.value) / protocol.threads.value;
}

}  // namespace

TransferStages transfer_stages(const ProtocolSpec& protocol, const TransferLoad& load, const TransferRoute& route) {
  TransferStages stages;
  const double bytes = std::max(1.0, real(load.bytes));
  const double descriptors = static_cast<double>(load.descriptors);
  double before = to_seconds(protocol.setup.value);
  if (route.first && protocol.connect) before += to_seconds(protocol.connect->value);

  double rate = route.raw.value() * protocol.share_of(bytes / descriptors);
  const double posting = posting_seconds(protocol, load);
  if (protocol.posts_first && load.batching != Batching::each)
    before += posting;
  else if (posting > 0)
    rate = std::min(rate, bytes / posting);
  if (protocol.operation) {
    const double nics = std::max(1.0, route.raw.value() / protocol.operation_nic->value.value());
    rate = std::min(rate, bytes * nics / (descriptors * to_seconds(protocol.operation->value)));
  }
  if (protocol.node_ceiling) rate = std::min(rate, protocol.node_ceiling->value.value() * route.nodes);
  if (protocol.connection_rate) {
    rate = std::min(rate, protocol.connection_rate->value.value() * protocol.connections->value);
  }
  if (protocol.staging) {
    const double copy = route.host_link.value() * protocol.staging->copy_efficiency.value;
    const double chunk = std::min(bytes, real(protocol.staging->chunk.value) * load.ranks);
    rate = std::min(rate, copy);
    before += chunk / copy;
    stages.after = nearest_nanosecond(chunk / copy);
  }
  stages.before = nearest_nanosecond(before);
  stages.rate = BytesPerSecond{rate};
  return stages;
}

CodecStages codec_stages(const CodecSpec& codec, Bytes bytes, Bytes chunk, std::uint32_t from, std::uint32_t to) {
  CodecStages stages;
  const double ratio = codec.ratio.value;
  const double first = real(std::min(bytes, chunk));
  const double encode = codec.encode.value.value() * from;
  const double decode = codec.decode.value.value() * to;
  stages.bytes = Bytes{static_cast<std::int64_t>(real(bytes) / ratio + 0.5)};
  stages.before = nearest_nanosecond(first / encode);
  stages.after = nearest_nanosecond(first / decode);
  stages.rate = BytesPerSecond{std::min(encode, decode) / ratio};
  return stages;
}

Duration conversion_time(Bytes in, Bytes out, BytesPerSecond memory) {
  return nearest_nanosecond(seconds_to_move(in + out, memory));
}

}  // namespace cleave
