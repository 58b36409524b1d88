#pragma once
// Scenarios in code, and everything that can be seen of their runs as text.

#include <cmath>
#include <string>

#include "sim/cluster/simulation.h"
#include "tests/law/in_child.h"

namespace cleave {

inline const Catalogue& test_catalogue() {
  static const Catalogue catalogue = Catalogue::load(CLEAVE_SOURCE_DIR "/models/catalog");
  return catalogue;
}

/// Two prefill and two decode replicas of an 8B model, bursty sessions of a few turns.
inline Scenario small_cluster() {
  Scenario scenario;
  scenario.name = "small";
  scenario.seed = 11;
  PoolParams prefill;
  prefill.name = "prefill";
  prefill.role = ReplicaRole::prefill;
  prefill.replicas = 2;
  prefill.model = scenario.model;
  PoolParams decode = prefill;
  decode.name = "decode";
  decode.role = ReplicaRole::decode;
  scenario.pools = {prefill, decode};
  SyntheticParams traffic;
  traffic.arrivals = GammaArrivals{RequestsPerSecond{12.0}, 2.0};
  traffic.input = LognormalLength{Tokens{600}, 1.0, Tokens{1}, Tokens{8000}};
  traffic.output = LognormalLength{Tokens{60}, 0.8, Tokens{1}, Tokens{600}};
  traffic.system_prompt = Tokens{200};
  SessionParams session;
  session.turns = UniformLength{Tokens{1}, Tokens{4}};
  session.think_time = std::chrono::seconds{2};
  traffic.session = session;
  traffic.requests = 300;
  ClassParams cls;
  cls.name = "chat";
  cls.model = scenario.model;
  cls.traffic = traffic;
  scenario.workload.classes = {cls};
  return scenario;
}

inline Scenario mixed_cluster() {
  Scenario scenario = small_cluster();
  scenario.pools.pop_back();
  scenario.pools[0].name = "mixed";
  scenario.pools[0].role = ReplicaRole::mixed;
  scenario.pools[0].replicas = 3;
  return scenario;
}

/// A line a request and a decision.
class TextSink final : public RequestSink, public DecisionSink {
 public:
  void on_request(const RequestRecord& r) override {
    const auto time = [](const std::optional<TimePoint>& t) {
      return t ? std::to_string(t->time_since_epoch().count()) : std::string("-");
    };
    const auto id = [](const std::optional<ReplicaId>& i) { return i ? std::to_string(i->value()) : std::string("-"); };
    text += std::to_string(r.id.value()) + " " + std::to_string(static_cast<int>(r.outcome)) + " " + time(r.arrival) +
            " " + time(r.first_scheduled) + " " + time(r.prefill_done) + " " + time(r.kv_ready) + " " +
            time(r.first_token) + " " + time(r.last_token) + " " + std::to_string(r.input.value()) + " " +
            std::to_string(r.generated.value()) + " hit " + std::to_string(r.hit_prompt_kv.value()) + "+" +
            std::to_string(r.hit_decode_kv.value()) + " again " + std::to_string(r.recomputed.value()) + " moved " +
            std::to_string(r.transferred.value()) + " at " + id(r.prefill_replica) + ">" + id(r.decode_replica) +
            " pre " + std::to_string(r.preemptions) + " retry " + std::to_string(r.retries) + "\n";
  }
  void on_decision(const DecisionRecord& d) override {
    text += "d " + std::to_string(d.time.time_since_epoch().count()) + " " + std::to_string(d.request.value()) + " " +
            (d.replica ? std::to_string(d.replica->value()) : "-") + " " + std::string(d.reason) + "\n";
  }
  std::string text;
};

/// What a run leaves behind: one line a request and a decision, then its counters.
inline std::string trace_of(const Scenario& scenario, const RunOptions& options = {}) {
  Simulation simulation{scenario, test_catalogue()};
  const auto recorder = simulation.make_recorder();
  TextSink sink;
  recorder->attach(static_cast<RequestSink&>(sink));
  recorder->attach(static_cast<DecisionSink&>(sink));
  const RunOutcome outcome = simulation.run(*recorder, options);
  std::string text = sink.text;
  for (const PoolSample& pool : outcome.pools) {
    text += "busy " + std::to_string(pool.busy_seconds) + " computed " + std::to_string(pool.tokens_computed) + "\n";
  }
  const ClusterCounters& c = outcome.cluster;
  text += "end " + std::to_string(outcome.end.time_since_epoch().count()) + " preemptions " +
          std::to_string(outcome.preemptions) + " handoffs " + std::to_string(c.handoffs) + " waited " +
          std::to_string(c.handoffs_waited) + " handoffs_preempted " + std::to_string(c.handoffs_preempted) + " lost " +
          std::to_string(c.requests_lost_to_crashes) + " messages " + std::to_string(c.messages_lost) + " crashes " +
          std::to_string(c.replica_crashes) + " pulls " + std::to_string(c.pulls) + " stored " +
          std::to_string(c.blocks_stored) + " retried " + std::to_string(outcome.movements.retried) + " too long " +
          std::to_string(c.rejected_too_long);
  const GcOutcome& gc = outcome.gc;
  std::uint64_t read_under = 0;
  for (const TierOutcome& tier : outcome.tiers) read_under += tier.counters.freed_while_read;
  text += " claims " + std::to_string(gc.counters.taken) + " freed " + std::to_string(gc.counters.freed) + " early " +
          std::to_string(gc.counters.premature_frees) + " orphaned " + std::to_string(gc.counters.orphaned) + " died " +
          std::to_string(gc.counters.died_with_keeper) + " unreclaimed " + std::to_string(gc.unreclaimed) +
          " leaked_mb_s " + std::to_string(std::llround(gc.leaked_byte_seconds * 1e-6)) + " gc_messages " +
          std::to_string(gc.counters.messages) + " notices_lost " + std::to_string(gc.counters.notices_lost) +
          " read_under " + std::to_string(read_under) + " reclaimed_late " + std::to_string(c.handoffs_reclaimed) +
          " unnoticed " + std::to_string(c.reads_undetected) + " \n";
  return text;
}

inline std::string trace_in_child(const Scenario& scenario, const RunOptions& options = {}) {
  return in_child([&] { return trace_of(scenario, options); });
}

/// The number behind a word of a trace's last line.
inline std::int64_t counter(const std::string& trace, const std::string& name) {
  const auto last = trace.rfind("\nend ");
  const auto at = trace.find(" " + name + " ", last);
  REQUIRE(at != std::string::npos);
  return std::stoll(trace.substr(at + name.size() + 2));
}

}  // namespace cleave
