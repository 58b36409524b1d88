#include "sim/validation/measured_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "models/units/error.h"
#include "sim/cluster/simulation.h"
#include "sim/metrics/request_times.h"

namespace cleave {
namespace {

class RecordKeeper final : public RequestSink {
 public:
  explicit RecordKeeper(std::vector<RequestRecord>& records) : records_(records) {}
  void on_request(const RequestRecord& record) override {
    if (record.id.index() >= records_.size()) records_.resize(record.id.index() + 1);
    records_[record.id.index()] = record;
  }

 private:
  std::vector<RequestRecord>& records_;
};

/// Counts tokens by the second in which they came.
class TokenCounter final : public TokenSink {
 public:
  explicit TokenCounter(std::vector<double>& seconds) : seconds_(seconds) {}
  void on_tokens(std::int64_t count, TimePoint at) override {
    const auto second = static_cast<std::size_t>(to_seconds(at));
    if (second >= seconds_.size()) seconds_.resize(second + 1);
    seconds_[second] += static_cast<double>(count);
  }

 private:
  std::vector<double>& seconds_;
};

std::vector<SecondSample> seconds_of(const Timeline& timeline, const std::vector<double>& tokens,
                                     const std::vector<double>& prompts) {
  std::vector<SecondSample> seconds(tokens.size());
  for (const TimelineRow& row : timeline.rows()) {
    // A sample at the end of a second stands for it.
    const auto at = static_cast<std::size_t>(to_seconds(row.time));
    if (at == 0) continue;
    if (at > seconds.size()) seconds.resize(at);
    seconds[at - 1].running += static_cast<double>(row.sample.running);
    seconds[at - 1].waiting += static_cast<double>(row.sample.waiting);
  }
  for (std::size_t i = 0; i < tokens.size(); ++i) seconds[i].output_tokens = tokens[i];
  for (std::size_t i = 0; i < prompts.size(); ++i) seconds[i].prompt_tokens = prompts[i];
  return seconds;
}

std::optional<double> seconds_or_none(std::optional<Duration> duration) {
  if (!duration) return std::nullopt;
  return to_seconds(*duration);
}

}  // namespace

std::int64_t SimulatedRun::accelerators() const {
  std::int64_t count = 0;
  for (const MeasuredPool& pool : pools) count += pool.replicas * pool.accelerators;
  return count;
}

SimulatedRun simulate_measured(Scenario scenario, const Catalogue& catalogue, const ReplayPlan* plan) {
  scenario.output.timeseries_interval = std::chrono::seconds{1};
  SimulatedRun run;
  Simulation simulation{scenario, catalogue};
  const std::unique_ptr<Recorder> recorder = simulation.make_recorder();
  RecordKeeper keeper{run.requests};
  std::vector<double> tokens;
  TokenCounter counter{tokens};
  std::vector<double> prompts;
  TokenCounter prompt_counter{prompts};
  recorder->attach(static_cast<RequestSink&>(keeper));
  recorder->attach(static_cast<TokenSink&>(counter));
  RunOptions options;
  if (plan != nullptr) options.workload = [&] { return make_replay(*plan, &run.rows); };
  const RunOutcome outcome = simulation.run(*recorder, options);
  for (const RequestRecord& record : run.requests) {
    if (record.first_token) {
      counter.on_tokens(1, *record.first_token);
      prompt_counter.on_tokens(record.input.value(), *record.first_token);
    }
    if (record.outcome != Outcome::completed) ++run.incomplete;
  }
  run.seconds = seconds_of(recorder->timeline(), tokens, prompts);
  run.preemptions = outcome.preemptions;
  run.lookup_queries = outcome.lookups.queries;
  run.lookup_hits = outcome.lookups.hits;
  run.external_hits = outcome.lookups.external_hits;
  run.end_s = to_seconds(outcome.end);
  for (const PoolPlan& pool : simulation.pools()) {
    run.pools.push_back({pool.params->name, pool.params->replicas, pool.accelerators(), pool.kv_blocks,
                         pool.params->engine.block_size.value(), pool.kv_bytes_per_token});
  }
  return run;
}

void require_completed(const SimulatedRun& run) {
  if (run.incomplete == 0) return;
  throw ConfigError(fmt::format("{} of {} requests were refused: the memory derived for KV does not hold them",
                                run.incomplete, run.requests.size()));
}

Scenario deployment_of(const Catalogue& catalogue, const Deployed& deployed) {
  Scenario scenario;
  scenario.name = "measured";
  scenario.model = deployed.model;
  PoolParams pool;
  pool.name = "all";
  pool.hardware = deployed.hardware;
  pool.model = deployed.model;
  const EngineProfile* profile = catalogue.find_engine(deployed.engine);
  if (profile == nullptr) throw ConfigError("the catalogue has no engine called " + deployed.engine);
  pool.engine = engine_params(*profile, deployed.hardware, catalogue.device(deployed.hardware).memory.size.value);
  scenario.pools.push_back(pool);
  scenario.workload.classes.emplace_back().model = deployed.model;
  return scenario;
}

std::optional<int> vllm_minor(const std::string& version) {
  if (!version.starts_with("0.")) return std::nullopt;
  return std::atoi(version.c_str() + 2);
}

std::string vllm_profile(const std::string& version) {
  constexpr int kAhead = 14;  // steps are scheduled ahead by default
  constexpr int kFirst = 8;   // V1 is the default engine
  const auto minor = vllm_minor(version);
  if (!minor) return "vllm-0.10";
  if (*minor >= kAhead) return "vllm-0.19";
  return *minor >= kFirst ? "vllm-0.10" : "vllm-0.6";
}

std::string small_kv_reason(const MeasuredPool& pool) {
  constexpr double kTells = 0.05;
  if (!pool.kv_blocks || *pool.kv_blocks == 0) return "";
  const double tokens = static_cast<double>(*pool.kv_blocks * pool.block_tokens);
  const double gibibyte = static_cast<double>(pool.accelerators) * 1073741824.0 / pool.kv_bytes_per_token;
  if (gibibyte < kTells * tokens) return "";
  return fmt::format(
      "KV is what weights leave, {:.0f} tokens: one GiB an accelerator, more or less, is {:.0f} % of it, and decides "
      "when requests begin to wait",
      tokens, 100 * gibibyte / tokens);
}

std::optional<double> ttft_seconds(const RequestRecord& record) {
  return seconds_or_none(ttft_of(record));
}
std::optional<double> tpot_seconds(const RequestRecord& record) {
  return seconds_or_none(tpot_of(record));
}
std::optional<double> e2e_seconds(const RequestRecord& record) {
  return seconds_or_none(e2e_of(record));
}

}  // namespace cleave
