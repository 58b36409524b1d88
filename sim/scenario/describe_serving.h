#pragma once
// The fields of the engine's, the transfer's and the policies' parameters.

#include "sim/policy/registry.h"
#include "sim/scenario/param_names.h"
#include "sim/scenario/rule.h"

namespace cleave {

template <class V>
void describe(V& v, TokenEstimateParams& estimate) {
  v.field("initial_ratio", estimate.initial_ratio, "share of its permitted output that a sequence is expected to write",
          between(0, 1));
  v.field("conservativeness", estimate.conservativeness, "times the initial ratio", at_least(0));
  v.field("minimum_factor", estimate.minimum_factor, "the ratio's least value, of its initial one", between(0, 1));
  v.field("decay_steps", estimate.decay_steps, "decode steps from the initial ratio to the least", at_least(1));
  v.field("clip", estimate.clip, "nobody is expected to write more tokens");
  v.field("retract_steps", estimate.retract_steps, "steps that the others have room for after a retraction",
          at_least(0));
}

template <class V>
void describe(V& v, CacheAwareParams& aware) {
  v.field("most_waiting", aware.most_waiting, "lpm and hrrn serve a longer queue in order of arrival", at_least(0));
  v.field("check_below", aware.check_below, "prompts with at most so many tokens cached are compared with each other");
  v.field("hold_back_from", aware.hold_back_from, "who shares so many tokens with an earlier one goes last; 0: nobody");
}

template <class V>
void describe(V& v, SpeculationParams& speculation) {
  v.field("draft_tokens", speculation.draft_tokens, "that a decode step verifies; 0: none", between(0, 64));
  v.field("acceptance", speculation.acceptance,
          "chance that each draft is accepted if those before it were; the last one holds for later drafts",
          between(0, 1));
}

template <class V>
void describe(V& v, EngineParams& engine) {
  v.field("profile", engine.profile, "engine of the catalogue, whose rules and settings are followed");
  v.field("scheduler", engine.scheduler, "how steps are formed");
  v.field("max_num_batched_tokens", engine.max_num_batched_tokens, "token budget of a step", at_least(1));
  v.field("max_num_seqs", engine.max_num_seqs, "most running sequences", at_least(1));
  v.field("max_prefill_tokens", engine.max_prefill_tokens, "prefill_first: prompt tokens of a step, chunks or not",
          at_least(1));
  v.field("long_prefill_token_threshold", engine.long_prefill_token_threshold,
          "most tokens of one prompt in a step; 0: no such limit");
  v.field("max_num_partial_prefills", engine.max_num_partial_prefills, "most prompts that are split at once",
          at_least(1));
  v.field("max_long_partial_prefills", engine.max_long_partial_prefills,
          "of those, most that are longer than the threshold", at_least(1));
  v.field("enable_chunked_prefill", engine.enable_chunked_prefill, "prompts may be split over steps");
  v.field("decodes_first", engine.decodes_first, "running_first: decodes before unfinished prompts");
  v.field("async_scheduling", engine.async_scheduling, "a step is formed while the one before it runs");
  v.field("enable_prefix_caching", engine.enable_prefix_caching, "KV of finished requests is reused");
  v.field("kv_layout", engine.kv_layout, "KV in blocks, or in a radix tree of pages");
  v.field("radix_eviction", engine.radix_eviction, "which leaf of the radix tree goes first");
  v.field(
      "state_caching", engine.state_caching,
      "where linear attention's state is kept to be found again: where steps end at a block's end, behind each block, "
      "or nowhere");
  v.field("reserve", engine.reserve, "what must be free before a sequence is admitted");
  v.field("block_size", engine.block_size, "tokens of a KV block or page", at_least(1));
  v.field("max_model_len", engine.max_model_len, "most tokens of a request, prompt and output", at_least(1));
  v.field("max_output", engine.max_output,
          "longest answer that clients ask for, which engines see; not given: the answer's true length", at_least(1));
  v.field("queue_order", engine.queue_order, "order of the waiting queue");
  v.field("token_estimate", engine.token_estimate, "reserve: estimate: what running sequences may still write");
  v.field("cache_aware", engine.cache_aware, "limits of cache-aware orders");
  v.field("speculation", engine.speculation, "draft tokens: a draft model, or multi-token prediction");
  v.field("attention_backend", engine.attention_backend,
          "attention kernels: those that the device's tables measured, or others of its entry");
  v.field(
      "moe_backend", engine.moe_backend,
      "library of routed experts, as vLLM's --moe-backend: the one that the device's tables measured most, or another");
  v.field("mixed_attention", engine.mixed_attention,
          "decodes and prompts of a step attend in one kernel or in two: tells where that kernel is FlashAttention 2");
  v.field("cudagraph_mode", engine.cudagraph_mode,
          "which steps run from captured graphs; others are launched kernel by kernel");
  v.field("fuse_allreduce_rms", engine.fuse_allreduce_rms,
          "small all-reduces and the norm behind them are one kernel, vLLM's default on B200");
  v.field("max_loras", engine.max_loras, "most adapters in one batch; 0: no limit", at_least(0));
  v.field("reserved_decode_tokens", engine.reserved_decode_tokens,
          "kept free for each sequence here when KV of another is to be received");
  v.field("gpu_memory_utilization", engine.gpu_memory_utilization, "share of device memory that the engine takes",
          Rule{}.above(0).at_most(1));
  v.field("unlimited_kv", engine.unlimited_kv, "KV never evicts and never refuses: for studies of reuse");
  v.field("kv_blocks", engine.kv_blocks, "KV blocks of a replica, instead of the number derived from memory",
          at_least(1));
  v.field("watermark", engine.watermark, "share of the blocks kept free when admitting", between(0, 0.9));
  v.field("first_token_side", engine.first_token_side, "which side of a split answers with the first token");
  v.field("coalesce_decode", engine.coalesce_decode, "one event a stretch of decode steps; false: one a step");
}

template <class V>
void describe(V& v, TransferParams& transfer) {
  v.field("mode", transfer.mode,
          "KV moves when the prompt is done, after each chunk, or layer by layer while it is computed");
  v.field("protocol", transfer.protocol,
          "how KV crosses the network, from the catalogue; empty: rdma-read after prefill, else rdma-write");
  v.field("local_protocol", transfer.local_protocol, "how it moves within one scale-up domain", Rule{}.not_empty());
  v.field("batching", transfer.batching, "descriptors: a call for each, one list, or one list with neighbours joined");
  v.field("replicated_kv", transfer.replicated_kv,
          "KV that every tensor-parallel rank holds crosses the network for each of them, or once");
  v.field("codec", transfer.codec, "encodes KV on the network, from the catalogue; empty: none");
  v.field("store", transfer.store, "the tier that protocols through a store use, from the catalogue");
  v.field("rails", transfer.rails, "NICs that one movement is striped over; not given: all", at_least(1));
  v.field(
      "mismatch", transfer.mismatch,
      "pools that hand over to each other and keep KV in other formats, layouts or block sizes: refused or converted");
  v.field("reshard", transfer.reshard,
          "where sides shard or lay out blocks differently: a descriptor for each slice, or a kernel of the receiver");
  v.field("staging_limit", transfer.staging_limit, "bytes under way to one replica at once", above(0));
  v.field("decode_kv", transfer.decode_kv, "what becomes of KV that decoding produced");
  v.field("setup", transfer.setup, "fixed time of a movement over the network, instead of the protocol's");
  v.field("efficiency", transfer.efficiency,
          "share of the NICs' raw rate that a movement reaches, instead of the protocol's", Rule{}.above(0).at_most(1));
  v.field("message_latency", transfer.message_latency, "of control messages between replicas");
  v.field("timeout", transfer.timeout, "of one try of a movement; not given: none", above(0));
  v.field("retry_timeout", transfer.retry_timeout, "before a lost message or a failed movement is tried again",
          above(0));
  v.field("max_retries", transfer.max_retries, "then the request is recomputed");
}

/// The policies that read a parameter.
[[nodiscard]] inline std::vector<std::string_view> policies_with(std::string_view parameter) {
  std::vector<std::string_view> names;
  for (const RoutePolicyEntry& entry : route_policies()) {
    for (const std::string_view own : entry.parameters) {
      if (own == parameter) names.push_back(entry.name);
    }
  }
  return names;
}

template <class V>
void describe(V& v, RoutePolicyParams& policy) {
  std::vector<std::string_view> names;
  for (const RoutePolicyEntry& entry : route_policies()) names.push_back(entry.name);
  const auto owners = [&](std::string_view key) { return Owners{"policy", policy.name, policies_with(key)}; };
  v.field("policy", policy.name, "how a replica is chosen", one_of(std::move(names)));
  v.field_of(owners("prefix_weight"), "prefix_weight", policy.prefix_weight,
             "tokens of load that a token already cached outweighs", at_least(0));
  v.field_of(owners("common_prefix"), "common_prefix", policy.common_prefix,
             "matches of at most so many tokens count as none: a system prompt that everybody shares", at_least(0));
  v.field_of(owners("affinity_ttl"), "affinity_ttl", policy.affinity_ttl, "a session is forgotten after this idle time",
             above(0));
  v.field_of(owners("choices"), "choices", policy.choices, "candidates drawn", at_least(1));
  KvCostWeights& cost = policy.kv_cost;
  v.field_of(owners("overlap_weight"), "overlap_weight", cost.overlap_weight, "of a block cached on the device",
             at_least(0));
  v.field_of(owners("host_weight"), "host_weight", cost.host_weight, "of a block in the node's memory", at_least(0));
  v.field_of(owners("disk_weight"), "disk_weight", cost.disk_weight, "of a block in the node's storage", at_least(0));
  v.field_of(owners("shared_weight"), "shared_weight", cost.shared_weight, "of a block that several nodes share",
             at_least(0));
  v.field_of(owners("prefill_load_scale"), "prefill_load_scale", cost.prefill_load_scale,
             "of blocks to compute against blocks being decoded", at_least(0));
  v.field_of(owners("temperature"), "temperature", cost.temperature,
             "0: the lowest cost; above: drawn, cheaper ones more often", at_least(0));
  v.field_of(owners("cost_block_size"), "cost_block_size", cost.block_size, "tokens in which costs are counted",
             at_least(1));
  v.field_of(owners("prefix_score"), "prefix_score", policy.scores.prefix, "of the longest cached prefix", at_least(0));
  v.field_of(owners("queue_score"), "queue_score", policy.scores.queue, "of the shortest queue", at_least(0));
  v.field_of(owners("kv_usage_score"), "kv_usage_score", policy.scores.kv_usage, "of free KV memory", at_least(0));
}

template <class V>
void describe(V& v, EarlyRejectionParams& limits) {
  v.field("rule", limits.rule, "when the decode side's load is looked at, and as of when");
  v.field("ttft", limits.ttft, "limit of the predicted time to the first token", above(0));
  v.field("tbt", limits.tbt, "limit of the predicted time between tokens", above(0));
  const Owners predicted{"rule", name_of(limits.rule), {name_of(RejectionRule::predicted)}};
  v.field_of(predicted, "decode_time", limits.decode_time, "every request is expected to decode so long", above(0));
}

template <class V>
void describe(V& v, AdmissionParams& admission) {
  v.field("max_waiting_per_replica", admission.max_waiting_per_replica,
          "requests are refused while the pool's mean queue is this long", at_least(1));
  v.field("queue_threshold", admission.queue_threshold,
          "requests are held while every replica has more prompt tokens queued than so many full steps", at_least(0));
  v.field("hold_order", admission.hold_order, "queue_threshold: which of those held goes first");
  v.field("early_rejection", admission.early_rejection, "who would miss these limits is refused");
}

template <class V>
void describe(V& v, DisaggregationParams& params) {
  std::vector<std::string_view> names;
  for (const DisaggregationPolicyEntry& entry : disaggregation_policies()) names.push_back(entry.name);
  const auto owners = [&](std::string_view key) {
    Owners found{"policy", params.name, {}};
    for (const DisaggregationPolicyEntry& entry : disaggregation_policies()) {
      for (const std::string_view own : entry.parameters) {
        if (own == key) found.names.push_back(entry.name);
      }
    }
    return found;
  };
  v.field("policy", params.name, "how it is decided", one_of(std::move(names)));
  v.field_of(owners("max_local_prefill_length"), "max_local_prefill_length", params.max_local_prefill_length,
             "so many tokens that are not cached are still computed where they will be decoded");
  v.field_of(owners("max_prefill_queue_size"), "max_prefill_queue_size", params.max_prefill_queue_size,
             "with so many requests waiting for prefill replicas longer ones are too", at_least(0));
  v.field_of(owners("non_cached_tokens"), "non_cached_tokens", params.non_cached_tokens,
             "more that are not cached are computed apart; 0: never");
  v.field_of(owners("threshold"), "threshold", params.threshold,
             "more tokens that are not cached are computed in another region, while the link there is free");
  v.field_of(owners("max_egress"), "max_egress", params.max_egress, "a link used more than this is tight",
             Rule{}.above(0).at_most(1));
  v.field_of(owners("max_egress_backlog"), "max_egress_backlog", params.max_egress_backlog,
             "so is one over which so much is under way", above(0));
  v.field_of(owners("feedback_step"), "feedback_step", params.feedback_step,
             "a tight link raises the threshold by this factor, a free one lowers it again", above(1));
  v.field_of(owners("feedback_interval"), "feedback_interval", params.feedback_interval, "between two such steps",
             above(0));
}

template <class V>
void describe(V& v, RouterParams& router) {
  v.field("prefill", router.prefill, "who computes a prompt; also for mixed pools");
  v.field("decode", router.decode, "who decodes after a hand-off");
  v.field("disaggregation", router.disaggregation, "whether a prompt is computed apart from where it is decoded");
  v.field("signal_interval", router.signal_interval, "replicas report their load so often; 0 s: always current");
  v.field("admission", router.admission, "when requests are turned away");
}

}  // namespace cleave
