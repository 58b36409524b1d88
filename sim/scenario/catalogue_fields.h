#pragma once
// How the catalogue's files write devices, models, links, tiers, protocols and codecs. An entry's name is its file's
// name.

#include "models/arch/llm_spec.h"
#include "models/hardware/device.h"
#include "models/hardware/link.h"
#include "models/hardware/tier.h"
#include "models/transfer/protocol.h"
#include "sim/scenario/names.h"
#include "sim/scenario/rule.h"

namespace cleave {

template <>
struct EnumNames<Confidence> {
  static constexpr std::array values{
      NamedValue{Confidence::measured, "measured"}, NamedValue{Confidence::published, "published"},
      NamedValue{Confidence::derived, "derived"}, NamedValue{Confidence::assumed, "assumed"}};
};
template <>
struct EnumNames<Initiator> {
  static constexpr std::array values{NamedValue{Initiator::receiver, "receiver"},
                                     NamedValue{Initiator::sender, "sender"}};
};
template <>
struct EnumNames<TransferPath> {
  static constexpr std::array values{NamedValue{TransferPath::device, "device"}, NamedValue{TransferPath::host, "host"},
                                     NamedValue{TransferPath::store, "store"}};
};
template <>
struct Alternatives<Attention> {
  static constexpr std::array<std::string_view, 4> names{"grouped", "latent", "linear", "compressed"};
};
template <>
struct Alternatives<Mlp> {
  static constexpr std::array<std::string_view, 2> names{"dense", "experts"};
};

template <class Visitor, class T>
void describe(Visitor& v, Sourced<T>& number) {
  v.field("value", number.value, "the number, with its unit", required().at_least(0));
  v.field("source", number.source, "where it was read, or from what it follows", required().not_empty());
  v.field("confidence", number.confidence, "how it is known", required());
}

// --- Hardware ----------------------------------------------------------------------------------------------------

template <class Visitor>
void describe(Visitor& v, GemmRate& rate) {
  v.field("peak", rate.peak, "dense peak rate", required());
  v.field("prefill_efficiency", rate.prefill_efficiency, "share of the peak that prompt rows reach", required());
  v.field("decode_efficiency", rate.decode_efficiency, "share of the peak that decoded rows reach", required());
}

template <class Visitor>
void describe(Visitor& v, ComputeSpec& compute) {
  v.field("bf16", compute.bf16, "matrix products in bf16", required());
  v.field("fp8", compute.fp8, "matrix products in fp8, where native");
  v.field("fp4", compute.fp4, "matrix products in fp4, where native");
  v.field("attention_efficiency", compute.attention_efficiency, "share of the bf16 peak in prompt attention",
          required());
  v.field("multiprocessors", compute.multiprocessors, "that thread blocks run on");
  v.field("joint_efficiency", compute.joint_efficiency,
          "share of the bf16 peak of decodes in one kernel with prompts; not given: attention_efficiency");
  v.field("query_tile", compute.query_tile,
          "query rows of a thread block of FlashAttention 2, where it is the default");
}

template <class Visitor>
void describe(Visitor& v, DeviceMemory& memory) {
  v.field("size", memory.size, "memory of one accelerator", required());
  v.field("bandwidth", memory.bandwidth, "of that memory", required());
  v.field("gemm_efficiency", memory.gemm_efficiency, "share of the bandwidth while weights are read", required());
  v.field("attention_efficiency", memory.attention_efficiency, "share of the bandwidth while KV is read", required());
  v.field("runtime_reserve", memory.runtime_reserve, "never available to weights or KV", required());
  v.field("collective_reserve", memory.collective_reserve, "communication buffers of a group", required());
  v.field("cache", memory.cache, "last cache before the memory");
  v.field("cache_speed", memory.cache_speed,
          "what a kernel has just written, read from the cache, as a multiple of the memory's rate; not given: 1");
}

template <class Visitor>
void describe(Visitor& v, ScaleUpSpec& scale_up) {
  v.field("bandwidth", scale_up.bandwidth, "of one accelerator, per direction", required());
  v.field("efficiency", scale_up.efficiency, "share of it in an all-reduce", required());
  v.field("latency", scale_up.latency, "of a small all-reduce", required());
  v.field("domain", scale_up.domain, "accelerators in one domain", required());
}

template <class Visitor>
void describe(Visitor& v, HostStagingSpec& staging) {
  v.field("hop", staging.hop, "what the host's memory adds to a hop between peers", required());
  v.field("crossings", staging.crossings, "of the host link by each byte, one after the other", required());
}

template <class Visitor>
void describe(Visitor& v, FlashInferSpec& kernels) {
  v.field("kv8_rate", kernels.kv8_rate, "8-bit KV that one multiprocessor passes while decoding", required());
  v.field("block", kernels.block, "of each thread block, beside its KV", required());
  v.field("prefill_rate", kernels.prefill_rate, "of one multiprocessor, prompts on 16-bit KV", required());
  v.field("narrow_kv_slowness", kernels.narrow_kv_slowness, "of prompts on 8-bit KV", required());
}

template <class Visitor>
void describe(Visitor& v, StepOverheads& overheads) {
  v.field("operation", overheads.operation, "each kernel of a layer", required());
  v.field("attention", overheads.attention, "the attention kernel of a layer", required());
  v.field("step", overheads.step, "each engine step", required());
  v.field("hop", overheads.hop, "a message between pipeline stages", required());
  v.field("fp4_launch", overheads.fp4_launch, "the host's, of a product of 4-bit weights outside graphs");
  v.field("cold_block", overheads.cold_block, "a thread block's of a decode scan, beyond tables of repeated reads");
  v.field("uneven_contexts", overheads.uneven_contexts,
          "share of the way from scans of mean contexts to scans of the longest");
}

template <class Visitor>
void describe(Visitor& v, SramSpec& sram) {
  v.field("effective_bandwidth", sram.effective_bandwidth, "at which a token's pass reads weights and KV", required());
  v.field("buffers", sram.buffers, "share of the memory for activations and code", required());
  v.field("hop", sram.hop, "activations from one device to the next", required());
}

template <class Visitor>
void describe(Visitor& v, DevicePrice& price) {
  v.field("value", price.value, "of one accelerator", required().above(0));
  v.field("source", price.source, "where it was read", required().not_empty());
  v.field("confidence", price.confidence, "how it is known", required());
  v.field("list", price.list, "price list; lists are never mixed in one comparison", required().not_empty());
  v.field("date", price.date, "month of the list", required().not_empty());
}

template <class Visitor>
void describe(Visitor& v, DeviceSpec& device) {
  v.field("description", device.description, "one line", required().not_empty());
  v.field("compute", device.compute, "rates", required());
  v.field("memory", device.memory, "memory of one accelerator", required());
  v.field("sram", device.sram, "weights and KV live in on-chip memory");
  v.field("scale_up", device.scale_up, "NVLink, NeuronLink and the like");
  v.field("host_staging", device.host_staging, "how peers are reached where only the host's memory is shared");
  v.field("flashinfer_fa2", device.flashinfer_fa2, "FlashInfer's FlashAttention-2 kernels");
  v.field("host_link", device.host_link, "to the host's memory, per direction", required());
  v.field("nic", device.nic, "network, per accelerator and direction", required());
  v.field("devices_per_node", device.devices_per_node, "accelerators of one server", required());
  v.field("power", device.power, "of one accelerator", required());
  v.field("price", device.price, "of one accelerator");
  v.field("overheads", device.overheads, "fixed times", required());
  v.field("kernels_of", device.kernels_of, "a device of the same design whose measured kernels stand for its own");
}

// --- Language models ---------------------------------------------------------------------------------------------

template <class Visitor>
void describe(Visitor& v, GroupedAttention& a) {
  v.field("heads", a.heads, "query heads", required().at_least(1));
  v.field("kv_heads", a.kv_heads, "key and value heads", required().at_least(1));
  v.field("head_dim", a.head_dim, "width of a head", required().at_least(1));
  v.field("window", a.window, "only so many latest tokens are attended to", at_least(1));
  v.field("output_gate", a.output_gate, "the query projection also yields an output gate");
  v.field("qk_norm", a.qk_norm, "queries and keys are normed, head by head");
}

template <class Visitor>
void describe(Visitor& v, SparseIndex& index) {
  v.field("heads", index.heads, "index heads", required().at_least(1));
  v.field("head_dim", index.head_dim, "width of an index head", required().at_least(1));
  v.field("top_k", index.top_k, "entries that are attended to", required().at_least(1));
}

template <class Visitor>
void describe(Visitor& v, LatentAttention& a) {
  v.field("heads", a.heads, "query heads", required().at_least(1));
  v.field("kv_rank", a.kv_rank, "width of the compressed entry", required().at_least(1));
  v.field("rope_dim", a.rope_dim, "rotated part of a key, shared by all heads", required().at_least(0));
  v.field("nope_dim", a.nope_dim, "unrotated part of a head's key", required().at_least(1));
  v.field("value_dim", a.value_dim, "width of a head's value", required().at_least(1));
  v.field("q_rank", a.q_rank, "width of the low-rank query", at_least(1));
  v.field("index", a.index, "picks the entries that are attended to");
  v.field("fp8_entry_bytes", a.fp8_entry_bytes, "bytes of an fp8 entry with its scales", at_least(1));
}

template <class Visitor>
void describe(Visitor& v, LinearAttention& a) {
  v.field("key_heads", a.key_heads, "heads of queries and keys", required().at_least(1));
  v.field("value_heads", a.value_heads, "heads of values, one state each", required().at_least(1));
  v.field("key_dim", a.key_dim, "width of a key", required().at_least(1));
  v.field("value_dim", a.value_dim, "width of a value", required().at_least(1));
  v.field("conv_width", a.conv_width, "taps of the short convolution", at_least(1));
  v.field("gate_rank", a.gate_rank, "rank of low-rank gates", at_least(1));
}

template <class Visitor>
void describe(Visitor& v, CompressedAttention& a) {
  v.field("heads", a.heads, "query heads", required().at_least(1));
  v.field("head_dim", a.head_dim, "width of the one shared KV head", required().at_least(1));
  v.field("rope_dim", a.rope_dim, "its rotated part", required().at_least(0));
  v.field("q_rank", a.q_rank, "width of the low-rank query", required().at_least(1));
  v.field("output_rank", a.output_rank, "rank of each output group", required().at_least(1));
  v.field("output_groups", a.output_groups, "groups of the output projection", required().at_least(1));
  v.field("window", a.window, "latest tokens at full resolution", required().at_least(1));
  v.field("ratio", a.ratio, "tokens in one compressed entry", at_least(1));
  v.field("index", a.index, "picks the compressed entries that are attended to");
}

template <class Visitor>
void describe(Visitor& v, DenseMlp& mlp) {
  v.field("inner", mlp.inner, "inner width", required().at_least(1));
  v.field("gated", mlp.gated, "three matrices, not two");
}

template <class Visitor>
void describe(Visitor& v, MoeMlp& mlp) {
  v.field("inner", mlp.inner, "inner width of one expert", required().at_least(1));
  v.field("experts", mlp.experts, "routed experts", required().at_least(1));
  v.field("top_k", mlp.top_k, "experts of one token", required().at_least(1));
  v.field("shared_inner", mlp.shared_inner, "inner width of all shared experts", at_least(0));
  v.field("latent", mlp.latent, "width in which experts work, if not the hidden width", at_least(1));
}

template <class Visitor>
void describe(Visitor& v, LayerGroup& group) {
  v.field("count", group.count, "layers of this kind", required().at_least(1));
  v.field("attention", group.attention, "how a token sees earlier ones", required());
  v.field("mlp", group.mlp, "what follows it", required());
}

template <class Visitor>
void describe(Visitor& v, PublishedSize& size) {
  v.field("total", size.total, "all parameters", required());
  v.field("active", size.active, "parameters that one token uses");
}

template <class Visitor>
void describe(Visitor& v, LlmSpec& model) {
  v.field("description", model.description, "one line", required().not_empty());
  v.field("source", model.source, "of every number of the architecture", required().not_empty());
  v.field("confidence", model.confidence, "how they are known", required());
  v.field("hidden", model.hidden, "width of the residual stream", required().at_least(1));
  v.field("vocab", model.vocab, "tokens of the vocabulary", required().at_least(1));
  v.field("tied_embeddings", model.tied_embeddings, "the output projection is the embedding table");
  v.field("layers", model.layers, "groups of equal layers, in any order", required().not_empty());
  v.field("parameters", model.parameters, "published counts, beside the computed ones");
}

// --- Links and tiers ---------------------------------------------------------------------------------------------

template <class Visitor>
void describe(Visitor& v, LinkType& link) {
  v.field("description", link.description, "one line", required().not_empty());
  v.field("bandwidth", link.bandwidth, "raw rate per direction", required());
  v.field("efficiency", link.efficiency, "share of it that large messages reach", required());
  v.field("latency", link.latency, "one way, of a small message", required());
}

template <class Visitor>
void describe(Visitor& v, TierSpec& tier) {
  v.field("description", tier.description, "one line", required().not_empty());
  v.field("read", tier.read, "read rate", required());
  v.field("write", tier.write, "write rate", required());
  v.field("latency", tier.latency, "of one read, before bytes flow", required());
  v.field("write_latency", tier.write_latency, "of one write, where it differs");
  v.field("queue_depth", tier.queue_depth, "accesses under way at once");
  v.field("reads_per_second", tier.reads_per_second, "operations, whatever their size");
  v.field("writes_per_second", tier.writes_per_second, "operations, whatever their size");
  v.field("connection_rate", tier.connection_rate, "of one access under way");
  v.field("access_size", tier.access_size, "smallest unit that is moved");
  v.field("object_size", tier.object_size, "blocks are commonly gathered into objects of this size");
  v.field("price_per_gb_month", tier.price_per_gb_month, "storage");
  v.field("price_per_1000_reads", tier.price_per_1000_reads, "requests");
  v.field("price_per_1000_writes", tier.price_per_1000_writes, "requests");
  v.field("price_per_gb_read", tier.price_per_gb_read, "retrieval");
  v.field("price_per_gb_written", tier.price_per_gb_written, "upload");
}

// --- Transfer ----------------------------------------------------------------------------------------------------

template <class Visitor>
void describe(Visitor& v, ShareAtSize& point) {
  v.field("descriptor", point.descriptor, "size of one descriptor", required().above(0));
  v.field("share", point.share, "of the raw rate", required());
}

template <class Visitor>
void describe(Visitor& v, StagingSpec& staging) {
  v.field("chunk", staging.chunk, "of one rank: copies and network work on such chunks at once", required());
  v.field("copy_efficiency", staging.copy_efficiency, "share of the host link that copies reach", required());
}

template <class Visitor>
void describe(Visitor& v, ProtocolSpec& protocol) {
  v.field("description", protocol.description, "one line", required().not_empty());
  v.field("initiator", protocol.initiator, "who posts: the receiver reads, or the sender writes", required());
  v.field("path", protocol.path, "device to device, through both hosts, or through a store", required());
  v.field("setup", protocol.setup, "of each transfer", required());
  v.field("connect", protocol.connect, "of the first transfer between two places");
  v.field("post", protocol.post, "one thread's time for one descriptor of a prepared list", required());
  v.field("threads", protocol.threads, "of a rank that post at once", required());
  v.field("posts_first", protocol.posts_first, "no byte moves until all are posted");
  v.field("call", protocol.call, "a descriptor's time when each is a call of its own", required());
  v.field("operation", protocol.operation, "a NIC's time for one descriptor, while bytes move");
  v.field("operation_nic", protocol.operation_nic, "that NIC's raw rate");
  v.field("efficiency", protocol.efficiency, "share of the raw rate by descriptor size", required().not_empty());
  v.field("node_ceiling", protocol.node_ceiling, "what a node's processors reach, however many NICs it has");
  v.field("connection_rate", protocol.connection_rate, "of one connection");
  v.field("connections", protocol.connections, "used at once");
  v.field("staging", protocol.staging, "copies between accelerator and host");
}

template <class Visitor>
void describe(Visitor& v, CodecSpec& codec) {
  v.field("description", codec.description, "one line", required().not_empty());
  v.field("ratio", codec.ratio, "bytes before over bytes after", required());
  v.field("encode", codec.encode, "bytes before encoding, one accelerator", required());
  v.field("decode", codec.decode, "bytes after decoding, one accelerator", required());
  v.field("chunk_tokens", codec.chunk_tokens, "encoded together");
  v.field("quality", codec.quality, "what is lost");
}

}  // namespace cleave
