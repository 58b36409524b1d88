#pragma once
// One simulated run of a measured deployment, with all that comparisons need.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/metrics/records.h"
#include "sim/scenario/catalogue.h"
#include "sim/scenario/scenario.h"
#include "sim/validation/replay.h"

namespace cleave {

/// Pools, weights and KV as derived, for the report.
struct MeasuredPool {
  std::string name;
  std::int64_t replicas = 0;
  std::int64_t accelerators = 0;  // of one replica
  std::optional<std::int64_t> kv_blocks;
  std::int64_t block_tokens = 0;
  double kv_bytes_per_token = 0;  // of the whole model
};

/// The state of all pools together at the end of a second of the run, and tokens produced within it.
struct SecondSample {
  double running = 0;
  double waiting = 0;
  double output_tokens = 0;
  double prompt_tokens = 0;  // whole prompts, when they are done: vLLM's way of counting
};

struct SimulatedRun {
  std::vector<RequestRecord> requests;  // by RequestId
  std::vector<std::uint32_t> rows;      // by RequestId: the recording's row; empty for synthetic traffic
  std::vector<SecondSample> seconds;
  std::vector<MeasuredPool> pools;
  std::uint64_t preemptions = 0;
  std::uint64_t lookup_queries = 0;  // tokens that engines looked up in their prefix caches, vLLM's way of counting
  std::uint64_t lookup_hits = 0;     // of those, found
  std::uint64_t external_hits = 0;   // tokens that a connector brought to sequences before any was pre-empted
  std::uint64_t incomplete = 0;      // requests that were refused or failed
  double end_s = 0;

  [[nodiscard]] std::int64_t accelerators() const;
};

/// Runs `scenario` with the recorded traffic in place of its classes', or with its own where `plan` is null. The
/// scenario needs one class in any case. One run per process.
/// Errors: ConfigError for a deployment that cannot be.
[[nodiscard]] SimulatedRun simulate_measured(Scenario scenario, const Catalogue& catalogue, const ReplayPlan* plan);

/// Errors: ConfigError where requests were refused: the deployment as derived could not have served what it served.
void require_completed(const SimulatedRun& run);

/// What is deployed: catalogue names, and the profile of an engine.
struct Deployed {
  std::string hardware;
  std::string model;
  std::string engine = "vllm-0.19";
};

/// A scenario of one pool of that, with the profile's settings, and one class whose traffic comes from a plan.
[[nodiscard]] Scenario deployment_of(const Catalogue& catalogue, const Deployed& deployed);

/// 19 of "0.19.0". Result: nullopt if it does not begin so.
[[nodiscard]] std::optional<int> vllm_minor(const std::string& version);

/// The profile whose rules a release of vLLM followed; of an unknown one, those before scheduling ahead.
[[nodiscard]] std::string vllm_profile(const std::string& version);

/// "KV holds few tokens ..." where an error of the memory plan would move it a lot; empty otherwise.
[[nodiscard]] std::string small_kv_reason(const MeasuredPool& pool);

// Of a completed request, in seconds; nullopt where it is not defined.
[[nodiscard]] std::optional<double> ttft_seconds(const RequestRecord& record);
[[nodiscard]] std::optional<double> tpot_seconds(const RequestRecord& record);
[[nodiscard]] std::optional<double> e2e_seconds(const RequestRecord& record);

}  // namespace cleave
