#include "sim/report/summary_json.h"

#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>

#include "sim/metrics/histogram.h"
#include "sim/report/costs_json.h"
#include "sim/report/economics.h"

namespace cleave {
namespace {

using Json = nlohmann::ordered_json;

Json number(const std::optional<double>& value) {
  return value ? Json(*value) : Json(nullptr);
}
Json number(const std::optional<Usd>& value) {
  return value ? Json(value->value()) : Json(nullptr);
}
Json seconds(const std::optional<Duration>& value) {
  return value ? Json(to_seconds(*value)) : Json(nullptr);
}

Json json_of(const OutcomeCounts& counts) {
  return {{"arrived", counts.arrived}, {"completed", counts.completed}, {"rejected", counts.rejected},
          {"failed", counts.failed},   {"cancelled", counts.cancelled}, {"unfinished", counts.unfinished}};
}

Json json_of(const TokenCounts& counts) {
  return {{"input", counts.input},
          {"output", counts.output},
          {"output_requested", counts.output_requested},
          {"input_admitted", counts.input_admitted},
          {"hit_prompt_kv", counts.hit_prompt_kv},
          {"hit_decode_kv", counts.hit_decode_kv},
          {"prefilled", counts.prefilled},
          {"recomputed", counts.recomputed}};
}

Json json_of(const std::optional<Distribution>& d) {
  const auto of = [&](double Distribution::*member) { return d ? Json((*d).*member) : Json(nullptr); };
  return {{"count", d ? d->count : 0},     {"mean", of(&Distribution::mean)}, {"p50", of(&Distribution::p50)},
          {"p90", of(&Distribution::p90)}, {"p95", of(&Distribution::p95)},   {"p99", of(&Distribution::p99)},
          {"max", of(&Distribution::max)}};
}

Json json_of(const std::optional<StageMeans>& stages) {
  const auto of = [&](double StageMeans::*member) { return stages ? Json((*stages).*member) : Json(nullptr); };
  return {{"queue", of(&StageMeans::queue)},
          {"prefill", of(&StageMeans::prefill)},
          {"handoff", of(&StageMeans::handoff)},
          {"decode", of(&StageMeans::decode)}};
}

/// Latencies, ratios and rates of one group.
void add_metrics(Json& out, const GroupResults& group) {
  out["ttft_s"] = json_of(group.ttft);
  out["tpot_s"] = json_of(group.tpot);
  out["itl_s"] = json_of(group.itl);
  out["itl_s"]["relative_error"] = Histogram::kRelativeError;
  out["itl_request_mean_s"] = json_of(group.tpot);  // a request's mean gap is its TPOT
  out["e2e_s"] = json_of(group.e2e);
  out["queue_s"] = json_of(group.queue);
  out["stage_mean_s"] = json_of(group.stages);
  out["goodput_req_per_s"] = number(group.goodput);
  out["slo_attainment"] = number(group.slo_attainment);
  out["offered_req_per_s"] = number(group.offered_rate);
  out["request_throughput_req_per_s"] = number(group.request_throughput);
  out["output_tokens_per_s"] = number(group.output_tokens_per_second);
  out["kv_hit_ratio_tokens"] = number(group.kv_hit_ratio);
  out["kv_transferred_bytes"] = group.tally.transferred;
  out["preemptions"] = group.tally.preemptions;
  out["retries"] = group.tally.retries;
}

std::optional<double> per_accelerator(const std::optional<double>& rate, const RunFacts& facts) {
  const auto accelerators = accelerators_of(facts);
  if (!rate || accelerators == 0) return std::nullopt;
  return *rate / static_cast<double>(accelerators);
}

Json json_of(const PoolFacts& pool, Duration simulated) {
  return {{"name", pool.name},
          {"role", pool.role},
          {"hardware", pool.hardware},
          {"model", pool.model},
          {"replicas", pool.replicas},
          {"accelerators", pool.accelerators},
          {"utilisation", number(utilisation_of(pool, simulated))},
          {"busy_s", to_seconds(pool.busy)},
          {"steps", pool.steps},
          {"tokens_computed", pool.tokens_computed},
          {"price_usd_per_accelerator_h", pool.price ? Json(pool.price->value()) : Json(nullptr)},
          {"cost_usd", number(cost_of(pool, simulated))},
          {"kv_blocks_per_replica", pool.kv_blocks ? Json(*pool.kv_blocks) : Json(nullptr)},
          {"block_size_tokens", pool.block_size.value()},
          {"weights_bytes", pool.weights.value()},
          {"kv_bytes_per_token", pool.kv_per_token.value()},
          {"longest_request_tokens", pool.longest.value()},
          {"longest_requests_at_once", number(pool.longest_at_once)}};
}

Json json_of(const LinkClassFacts& links) {
  return {{"name", links.name},
          {"links", links.links},
          {"bytes", links.bytes},
          {"bandwidth_bytes_per_s", links.bandwidth.value()},
          {"peak_utilisation", links.peak_utilisation},
          {"bottleneck", links.bottleneck.empty() ? Json(nullptr) : Json(links.bottleneck)}};
}

Json json_of(const std::vector<NumberFact>& numbers) {
  Json out = Json::object();
  for (const NumberFact& number : numbers) {
    const bool whole = number.value == std::floor(number.value) && std::abs(number.value) < 9e15;
    out[number.name] = whole ? Json(static_cast<std::int64_t>(number.value)) : Json(number.value);
  }
  return out;
}

Json json_of(const WanLinkFacts& link) {
  return {{"from", link.from},
          {"to", link.to},
          {"flows", link.flows},
          {"bytes", link.bytes},
          {"peak_utilisation", link.peak_utilisation}};
}

Json json_of(const ClassResults& cls) {
  Json out = {
      {"name", cls.name},
      {"slo", {{"ttft_s", seconds(cls.slo.ttft)}, {"tpot_s", seconds(cls.slo.tpot)}, {"e2e_s", seconds(cls.slo.e2e)}}},
      {"requests", json_of(cls.whole.tally.requests)},
      {"tokens", json_of(cls.whole.tally.tokens)}};
  add_metrics(out, cls.measured);
  out["full_run"] = Json::object();
  add_metrics(out["full_run"], cls.whole);
  return out;
}

Json window_json(const RunResults& results) {
  const Window& window = results.measured_window;
  return {{"warm_up_s", to_seconds(results.warm_up)},
          {"from_s", to_seconds(window.from)},
          {"last_arrival_s", to_seconds(window.last_arrival)},
          {"end_s", to_seconds(window.end)},
          {"duration_s", window.seconds()},
          {"requests", json_of(results.measured.tally.requests)},
          {"tokens", json_of(results.measured.tally.tokens)}};
}

Json json_of(const std::optional<MeanEstimate>& estimate) {
  if (!estimate) return nullptr;
  return {{"mean", estimate->mean},
          {"half_width", estimate->half_width},
          {"batches", estimate->batches},
          {"batch_correlation", estimate->correlation}};
}

/// Means after the detected warm-up. Null where there is no steady state: then no mean is worth its name.
Json json_of(const SteadyState& steady) {
  return {{"steadiness", name_of(steady.steadiness)},
          {"warm_up_s", seconds(steady.warm_up)},
          {"growth_req_per_s", steady.growth_per_second},
          {"confidence", SteadyState::kConfidence},
          {"in_system_req", json_of(steady.in_system)},
          {"ttft_s", json_of(steady.ttft)},
          {"tpot_s", json_of(steady.tpot)},
          {"e2e_s", json_of(steady.e2e)},
          {"slo_attainment", json_of(steady.attainment)},
          {"goodput_req_per_s", json_of(steady.goodput)}};
}

void add_lists(Json& out, const RunFacts& facts, const RunResults& results) {
  out["pools"] = Json::array();
  for (const PoolFacts& pool : facts.pools) out["pools"].push_back(json_of(pool, facts.simulated));
  out["links"] = Json::array();
  for (const LinkClassFacts& links : facts.links) out["links"].push_back(json_of(links));
  out["classes"] = Json::array();
  for (const ClassResults& cls : results.classes) out["classes"].push_back(json_of(cls));
  out["counters"] = Json::object();
  for (const CounterFact& counter : facts.counters) out["counters"][counter.name] = counter.value;
  if (!facts.prefix_index.empty()) out["prefix_index"] = json_of(facts.prefix_index);
  for (const StorageFacts& storage : facts.storage) {
    Json one = {{"medium", storage.medium}};
    one.update(json_of(storage.numbers));
    one["kv_byte_seconds"] = json_of(storage.byte_seconds);
    out["storage"][storage.name] = std::move(one);
  }
  if (facts.gc) {
    Json gc = {{"scheme", facts.gc->scheme}};
    gc.update(json_of(facts.gc->numbers));
    gc["time_to_reclaim_s"] = json_of(facts.gc->reclaim);
    out["kv_gc"] = std::move(gc);
  }
  if (!facts.federation.empty()) {
    Json federation = json_of(facts.federation);
    federation["links"] = Json::array();
    for (const WanLinkFacts& link : facts.wan_links) federation["links"].push_back(json_of(link));
    out["federation"] = std::move(federation);
  }
  out["derived"] = Json::array();
  for (const DerivedFact& fact : facts.derived) {
    out["derived"].push_back({{"name", fact.name}, {"value", fact.value}, {"source", fact.source}});
  }
  out["warnings"] = facts.warnings;
}

}  // namespace

std::string summary_json(const RunFacts& facts, const RunResults& results) {
  Json out = {{"scenario", facts.scenario},
              {"seed", facts.seed},
              {"version", facts.version},
              {"interrupted", facts.interrupted},
              {"simulated_s", to_seconds(facts.simulated)},
              {"events", facts.events},
              {"flows", facts.flows},
              {"requests", json_of(results.whole.tally.requests)},
              {"tokens", json_of(results.whole.tally.tokens)},
              {"window", window_json(results)}};
  add_metrics(out, results.measured);
  out["output_tokens_per_s_per_gpu"] = number(per_accelerator(results.measured.output_tokens_per_second, facts));
  out["cost_usd"] = number(cost_of(facts));
  out["cost_usd_storage"] = storage_cost(facts).value();
  out["cost_usd_per_mtok_output"] = number(cost_per_million_tokens(facts, results.whole.tally.tokens.output));
  if (facts.costs) {
    const ListedCosts& listed = *facts.costs;
    out["costs"] = {{"prices", listed.list}, {"prices_date", listed.date}};
    if (!listed.priced_by_scenario.empty()) out["costs"]["pools_priced_by_scenario"] = listed.priced_by_scenario;
    out["costs"].update(costs_json(listed.costs));
  }
  Json full = {{"from_s", to_seconds(results.whole_window.from)},
               {"end_s", to_seconds(results.whole_window.end)},
               {"duration_s", results.whole_window.seconds()}};
  add_metrics(full, results.whole);
  full["output_tokens_per_s_per_gpu"] = number(per_accelerator(results.whole.output_tokens_per_second, facts));
  out["full_run"] = std::move(full);
  out["steady_state"] = json_of(facts.steady);
  add_lists(out, facts, results);
  return out.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace cleave
