#pragma once
// How scenarios write the enumerators and alternatives of the modules' parameters.

#include "sim/engine/params.h"
#include "sim/scenario/names.h"
#include "sim/scenario/scenario.h"
#include "sim/transfer/params.h"
#include "sim/workload/params.h"

namespace cleave {

template <>
struct EnumNames<ReplicaRole> {
  static constexpr std::array values{NamedValue{ReplicaRole::mixed, "mixed"},
                                     NamedValue{ReplicaRole::prefill, "prefill"},
                                     NamedValue{ReplicaRole::decode, "decode"}};
};
template <>
struct EnumNames<FirstTokenSide> {
  static constexpr std::array values{NamedValue{FirstTokenSide::prefill, "prefill"},
                                     NamedValue{FirstTokenSide::decode, "decode"}};
};
template <>
struct EnumNames<QueueOrder> {
  static constexpr std::array values{NamedValue{QueueOrder::fcfs, "fcfs"},
                                     NamedValue{QueueOrder::priority, "priority"},
                                     NamedValue{QueueOrder::lpm, "lpm"},
                                     NamedValue{QueueOrder::dfs_weight, "dfs_weight"},
                                     NamedValue{QueueOrder::hrrn, "hrrn"},
                                     NamedValue{QueueOrder::lof, "lof"},
                                     NamedValue{QueueOrder::shortest_prefill, "shortest_prefill"}};
};
template <>
struct EnumNames<SchedulerKind> {
  static constexpr std::array values{NamedValue{SchedulerKind::running_first, "running_first"},
                                     NamedValue{SchedulerKind::prefill_first, "prefill_first"},
                                     NamedValue{SchedulerKind::static_batch, "static_batch"}};
};
template <>
struct EnumNames<AttentionBackend> {
  static constexpr std::array values{NamedValue{AttentionBackend::tables, "tables"},
                                     NamedValue{AttentionBackend::flashinfer_fa2, "flashinfer_fa2"}};
};
template <>
struct EnumNames<MoeBackend> {
  static constexpr std::array values{NamedValue{MoeBackend::tables, "tables"}, NamedValue{MoeBackend::triton, "triton"},
                                     NamedValue{MoeBackend::flashinfer_cutlass, "flashinfer_cutlass"},
                                     NamedValue{MoeBackend::flashinfer_trtllm, "flashinfer_trtllm"}};
};
template <>
struct EnumNames<MixedAttention> {
  static constexpr std::array values{NamedValue{MixedAttention::joint, "joint"},
                                     NamedValue{MixedAttention::apart, "apart"}};
};
template <>
struct EnumNames<GraphMode> {
  static constexpr std::array values{NamedValue{GraphMode::full_and_piecewise, "full_and_piecewise"},
                                     NamedValue{GraphMode::full_decode_only, "full_decode_only"},
                                     NamedValue{GraphMode::none, "none"}};
};
template <>
struct EnumNames<PeerAccess> {
  static constexpr std::array values{NamedValue{PeerAccess::direct, "direct"}, NamedValue{PeerAccess::host, "host"}};
};
template <>
struct EnumNames<KvLayout> {
  static constexpr std::array values{NamedValue{KvLayout::paged, "paged"}, NamedValue{KvLayout::radix, "radix"}};
};
template <>
struct EnumNames<StateCaching> {
  static constexpr std::array values{NamedValue{StateCaching::none, "none"}, NamedValue{StateCaching::align, "align"},
                                     NamedValue{StateCaching::all, "all"}};
};
template <>
struct EnumNames<KvReservation> {
  static constexpr std::array values{
      NamedValue{KvReservation::step, "step"}, NamedValue{KvReservation::prompt, "prompt"},
      NamedValue{KvReservation::output, "output"}, NamedValue{KvReservation::estimate, "estimate"}};
};
template <>
struct EnumNames<RadixEviction> {
  static constexpr std::array values{NamedValue{RadixEviction::lru, "lru"}, NamedValue{RadixEviction::lfu, "lfu"},
                                     NamedValue{RadixEviction::fifo, "fifo"}, NamedValue{RadixEviction::mru, "mru"},
                                     NamedValue{RadixEviction::filo, "filo"}};
};
template <>
struct EnumNames<HandoffMode> {
  static constexpr std::array values{NamedValue{HandoffMode::after_prefill, "after_prefill"},
                                     NamedValue{HandoffMode::chunkwise, "chunkwise"},
                                     NamedValue{HandoffMode::layerwise, "layerwise"}};
};
template <>
struct EnumNames<Batching> {
  static constexpr std::array values{NamedValue{Batching::each, "each"}, NamedValue{Batching::batched, "batched"},
                                     NamedValue{Batching::coalesced, "coalesced"}};
};
template <>
struct EnumNames<ReplicatedKv> {
  static constexpr std::array values{NamedValue{ReplicatedKv::every_rank, "every_rank"},
                                     NamedValue{ReplicatedKv::one_rank, "one_rank"}};
};
template <>
struct EnumNames<Mismatch> {
  static constexpr std::array values{NamedValue{Mismatch::refuse, "refuse"}, NamedValue{Mismatch::convert, "convert"}};
};
template <>
struct EnumNames<Reshard> {
  static constexpr std::array values{NamedValue{Reshard::slices, "slices"}, NamedValue{Reshard::kernel, "kernel"}};
};
template <>
struct EnumNames<BlockLayout> {
  static constexpr std::array values{NamedValue{BlockLayout::layer_first, "layer_first"},
                                     NamedValue{BlockLayout::layer_fused, "layer_fused"},
                                     NamedValue{BlockLayout::block_first, "block_first"}};
};
template <>
struct EnumNames<DecodeKv> {
  static constexpr std::array values{NamedValue{DecodeKv::drop, "drop"}, NamedValue{DecodeKv::pull, "pull"},
                                     NamedValue{DecodeKv::store, "store"}};
};
template <>
struct EnumNames<HoldOrder> {
  static constexpr std::array values{NamedValue{HoldOrder::fcfs, "fcfs"}, NamedValue{HoldOrder::lcfs, "lcfs"},
                                     NamedValue{HoldOrder::wspt, "wspt"}};
};
template <>
struct EnumNames<RejectionRule> {
  static constexpr std::array values{NamedValue{RejectionRule::late, "late"}, NamedValue{RejectionRule::early, "early"},
                                     NamedValue{RejectionRule::predicted, "predicted"}};
};
template <>
struct EnumNames<TraceFormat> {
  static constexpr std::array values{
      NamedValue{TraceFormat::mooncake, "mooncake"}, NamedValue{TraceFormat::azure, "azure"},
      NamedValue{TraceFormat::burstgpt, "burstgpt"}, NamedValue{TraceFormat::agentic, "agentic"},
      NamedValue{TraceFormat::cleave, "cleave"}};
};
template <>
struct EnumNames<SessionLinkage> {
  static constexpr std::array values{NamedValue{SessionLinkage::none, "none"},
                                     NamedValue{SessionLinkage::prefix, "prefix"}};
};

template <>
struct Alternatives<LengthParams> {
  static constexpr std::array<std::string_view, 4> names{"fixed", "uniform", "lognormal", "histogram"};
};
template <>
inline constexpr bool kHasShortForm<LengthParams> = true;  // `input: 1024`

template <>
struct Alternatives<ArrivalParams> {
  static constexpr std::array<std::string_view, 6> names{"poisson",   "gamma",    "deterministic",
                                                         "piecewise", "servegen", "closed_loop"};
};
template <>
struct Alternatives<std::variant<SyntheticParams, TraceParams>> {
  static constexpr std::array<std::string_view, 2> names{"synthetic", "trace"};
};
template <>
struct Alternatives<FaultParams> {
  static constexpr std::array<std::string_view, 3> names{"crash", "link", "lost_message"};
};

template <>
inline constexpr bool kHasShortForm<EngineParams> = true;  // `engine: sglang-0.5`
template <>
inline constexpr bool kHasShortForm<RoutePolicyParams> = true;  // `prefill: round_robin`

}  // namespace cleave
