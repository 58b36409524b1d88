#include "sim/scenario/catalogue_check.h"

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "sim/scenario/names.h"

namespace cleave {
namespace {

struct EntryCheck {
  const Tree& tree;
  Diagnostics& diagnostics;

  void fail(const std::string& path, std::string_view message) const {
    diagnostics.add(position_of(tree, path), path, message);
  }

  template <class Q>
  void positive(const std::string& key, const Sourced<Q>& number) const {
    bool good = false;
    if constexpr (TextQuantity<Q>)
      good = base_value(number.value) > 0;
    else
      good = number.value > 0;
    if (!good) fail(key + ".value", "got zero, expected more than zero");
  }

  void share(const std::string& key, const Sourced<double>& number) const {
    if (number.value > 0 && number.value <= 1) return;
    fail(key + ".value", fmt::format("got {}, expected a share above 0 and at most 1", number.value));
  }

  void rate(const std::string& key, const GemmRate& rate) const {
    positive(key + ".peak", rate.peak);
    share(key + ".prefill_efficiency", rate.prefill_efficiency);
    share(key + ".decode_efficiency", rate.decode_efficiency);
  }
};

}  // namespace

void check_entry(const DeviceSpec& device, const Tree& tree, Diagnostics& diagnostics) {
  const EntryCheck check{tree, diagnostics};
  check.rate("compute.bf16", device.compute.bf16);
  if (device.compute.fp8) check.rate("compute.fp8", *device.compute.fp8);
  if (device.compute.fp4) check.rate("compute.fp4", *device.compute.fp4);
  check.share("compute.attention_efficiency", device.compute.attention_efficiency);
  if (device.compute.multiprocessors) check.positive("compute.multiprocessors", *device.compute.multiprocessors);
  if (device.compute.query_tile) {
    check.positive("compute.query_tile", *device.compute.query_tile);
    if (!device.compute.multiprocessors || !device.memory.cache) {
      check.fail("compute.query_tile", "needs compute.multiprocessors and memory.cache");
    }
  }
  if (device.compute.joint_efficiency) {
    check.share("compute.joint_efficiency", *device.compute.joint_efficiency);
    if (!device.compute.query_tile) check.fail("compute.joint_efficiency", "needs compute.query_tile");
  }
  if (device.overheads.cold_block && !device.compute.multiprocessors) {
    check.fail("overheads.cold_block", "needs compute.multiprocessors: it is of one multiprocessor");
  }
  if (device.memory.cache_speed) {
    const double speed = device.memory.cache_speed->value;
    if (speed < 1)
      check.fail("memory.cache_speed", fmt::format("got {}, expected at least 1: of the memory's rate", speed));
    if (!device.memory.cache) check.fail("memory.cache_speed", "needs memory.cache");
  }
  check.positive("memory.size", device.memory.size);
  check.positive("memory.bandwidth", device.memory.bandwidth);
  check.share("memory.gemm_efficiency", device.memory.gemm_efficiency);
  check.share("memory.attention_efficiency", device.memory.attention_efficiency);
  if (device.scale_up) {
    check.positive("scale_up.bandwidth", device.scale_up->bandwidth);
    check.share("scale_up.efficiency", device.scale_up->efficiency);
    check.positive("scale_up.domain", device.scale_up->domain);
  }
  if (device.overheads.uneven_contexts) check.share("overheads.uneven_contexts", *device.overheads.uneven_contexts);
  if (device.host_staging && device.host_staging->crossings.value < 1) {
    check.fail("host_staging.crossings.value",
               fmt::format("got {}, expected at least 1", device.host_staging->crossings.value));
  }
  if (const auto& kernels = device.flashinfer_fa2) {
    check.positive("flashinfer_fa2.kv8_rate", kernels->kv8_rate);
    check.positive("flashinfer_fa2.prefill_rate", kernels->prefill_rate);
    if (kernels->narrow_kv_slowness.value < 1) {
      check.fail("flashinfer_fa2.narrow_kv_slowness.value",
                 fmt::format("got {}, expected at least 1", kernels->narrow_kv_slowness.value));
    }
    if (!device.compute.multiprocessors) {
      check.fail("flashinfer_fa2", "needs compute.multiprocessors: its rates are of one multiprocessor");
    }
  }
  check.positive("host_link", device.host_link);
  check.positive("nic", device.nic);
  check.positive("devices_per_node", device.devices_per_node);
  if (device.sram) {
    check.positive("sram.effective_bandwidth", device.sram->effective_bandwidth);
    if (device.sram->buffers.value >= 1) {
      check.fail("sram.buffers.value", fmt::format("got {}, expected a share below 1", device.sram->buffers.value));
    }
  }
}

void check_entry(const LlmSpec& model, const Tree& tree, Diagnostics& diagnostics) {
  const EntryCheck check{tree, diagnostics};
  for (std::size_t i = 0; i < model.layers.size(); ++i) {
    const std::string path = fmt::format("layers[{}]", i);
    const auto* grouped = std::get_if<GroupedAttention>(&model.layers[i].attention);
    if (grouped != nullptr && grouped->heads % grouped->kv_heads != 0) {
      check.fail(path + ".attention.kv_heads",
                 fmt::format("got {}, expected a divisor of heads, {}", grouped->kv_heads, grouped->heads));
    }
    const auto* experts = std::get_if<MoeMlp>(&model.layers[i].mlp);
    if (experts != nullptr && experts->top_k > experts->experts) {
      check.fail(path + ".mlp.top_k",
                 fmt::format("got {}, expected at most experts, {}", experts->top_k, experts->experts));
    }
  }
}

void check_entry(const LinkType& link, const Tree& tree, Diagnostics& diagnostics) {
  const EntryCheck check{tree, diagnostics};
  check.positive("bandwidth", link.bandwidth);
  check.share("efficiency", link.efficiency);
}

void check_entry(const TierSpec& tier, const Tree& tree, Diagnostics& diagnostics) {
  const EntryCheck check{tree, diagnostics};
  check.positive("read", tier.read);
  check.positive("write", tier.write);
  if (tier.queue_depth) check.positive("queue_depth", *tier.queue_depth);
  if (tier.reads_per_second) check.positive("reads_per_second", *tier.reads_per_second);
  if (tier.writes_per_second) check.positive("writes_per_second", *tier.writes_per_second);
  if (tier.connection_rate) check.positive("connection_rate", *tier.connection_rate);
  if (tier.access_size) check.positive("access_size", *tier.access_size);
  if (tier.object_size) check.positive("object_size", *tier.object_size);
}

void check_entry(const ProtocolSpec& protocol, const Tree& tree, Diagnostics& diagnostics) {
  const EntryCheck check{tree, diagnostics};
  check.positive("threads", protocol.threads);
  Bytes largest{0};
  for (std::size_t i = 0; i < protocol.efficiency.size(); ++i) {
    const std::string path = fmt::format("efficiency[{}]", i);
    check.share(path + ".share", protocol.efficiency[i].share);
    if (protocol.efficiency[i].descriptor <= largest) {
      check.fail(path + ".descriptor", "got a size that is not above the one before it, expected ascending sizes");
    }
    largest = protocol.efficiency[i].descriptor;
  }
  const auto together = [&](const char* one, bool has_one, const char* other, bool has_other) {
    if (has_one == has_other) return;
    check.fail(has_one ? one : other, fmt::format("`{}` and `{}` go together: give both or none", one, other));
  };
  together("operation", protocol.operation.has_value(), "operation_nic", protocol.operation_nic.has_value());
  together("connection_rate", protocol.connection_rate.has_value(), "connections", protocol.connections.has_value());
  if (protocol.operation_nic) check.positive("operation_nic", *protocol.operation_nic);
  if (protocol.connections) check.positive("connections", *protocol.connections);
  if (protocol.staging.has_value() != (protocol.path == TransferPath::host)) {
    check.fail("path", "got a path that does not fit: `host` has `staging`, the others have none");
  }
  if (protocol.staging) {
    check.positive("staging.chunk", protocol.staging->chunk);
    check.share("staging.copy_efficiency", protocol.staging->copy_efficiency);
  }
}

void check_entry(const CodecSpec& codec, const Tree& tree, Diagnostics& diagnostics) {
  const EntryCheck check{tree, diagnostics};
  check.positive("ratio", codec.ratio);
  check.positive("encode", codec.encode);
  check.positive("decode", codec.decode);
  if (codec.chunk_tokens) check.positive("chunk_tokens", *codec.chunk_tokens);
}

}  // namespace cleave
