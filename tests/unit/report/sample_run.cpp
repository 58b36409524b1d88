#include "tests/unit/report/sample_run.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace cleave::fixture {
namespace {

using namespace std::chrono_literals;

/// Draws in [0, 1): a linear congruence is random enough for a picture.
class Draws {
 public:
  double next() {
    state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<double>(state_ >> 11) * 0x1p-53;
  }
  double exponential() { return -std::log(1 - next()); }
  double lognormal(double median, double sigma) {
    const double normal = std::sqrt(2 * exponential()) * std::cos(6.283185307179586 * next());
    return median * std::exp(sigma * normal);
  }

 private:
  std::uint64_t state_ = 42;
};

RequestRecord draw_request(Draws& draws, std::size_t id, TimePoint arrival) {
  RequestRecord r;
  r.id = RequestId{id};
  r.cls = ClassId{std::size_t{draws.next() < 0.3 ? 1U : 0U}};
  r.session = SessionId{id / 3};
  r.turn = static_cast<std::uint32_t>(id % 3);
  r.arrival = arrival;
  const bool agent = r.cls.value() == 1;
  r.input = Tokens{static_cast<std::int64_t>(draws.lognormal(agent ? 6000 : 900, 0.7)) + 1};
  r.output = Tokens{static_cast<std::int64_t>(draws.lognormal(agent ? 90 : 220, 0.6)) + 1};
  if (draws.next() < 0.01) {
    r.outcome = Outcome::rejected;
    return r;
  }
  r.first_scheduled = arrival + nearest_nanosecond(0.02 * draws.exponential() * (draws.next() < 0.1 ? 12 : 1));
  r.hit_prompt_kv = Tokens{r.input.value() / 16 * static_cast<std::int64_t>(8 * draws.next()) * 2 / 2};
  r.hit_decode_kv = Tokens{r.input.value() / 20 * static_cast<std::int64_t>(3 * draws.next())};
  const double computed = static_cast<double>(r.input.value() - (r.hit_prompt_kv + r.hit_decode_kv).value());
  r.prefill_done = *r.first_scheduled + nearest_nanosecond(0.012 + computed * 28e-6);
  r.kv_ready = *r.prefill_done + nearest_nanosecond(0.0006 + 3e-6 * static_cast<double>(r.input.value()));
  r.transferred = Bytes{r.input.value() * 131072};
  r.prefill_replica = ReplicaId{id % 4};
  r.decode_replica = ReplicaId{4 + id % 2};
  r.generated = r.output;
  r.outcome = Outcome::completed;
  if (draws.next() < 0.004) {
    r.outcome = Outcome::failed;
    r.generated = Tokens{(r.output.value() + 1) / 2};
    r.retries = 3;
  }
  return r;
}

void tell(Recorder& recorder, Draws& draws, RequestRecord& r) {
  if (r.outcome != Outcome::rejected) {
    TimePoint time = *r.kv_ready + nearest_nanosecond(0.009 + 0.004 * draws.exponential());
    r.first_token = time;
    const double pace = draws.lognormal(0.0125, 0.15);
    for (std::int64_t i = 1; i < r.generated.value(); ++i) {
      const Duration gap = nearest_nanosecond(pace * (draws.next() < 0.02 ? 3.5 : 0.9 + 0.2 * draws.next()));
      time += gap;
      recorder.inter_token_gap(r.cls, gap, 1, time);
    }
    r.last_token = time;
  }
  recorder.finished(r);
}

void add_samples(Recorder& recorder, Draws& draws, int seconds) {
  double busy[2] = {0, 0};
  for (int t = 0; t <= seconds; ++t) {
    const double wave = 1 + 0.6 * std::sin(t * 0.045) + 0.3 * draws.next();
    const bool crashed = t > seconds / 2 && t < seconds / 2 + 14;
    for (std::size_t pool = 0; pool < 2; ++pool) {
      PoolSample s;
      s.replicas_up = pool == 0 ? (crashed ? 3 : 4) : 2;
      const double surge = pool == 0 && crashed ? 9 : 0;
      s.waiting =
          static_cast<std::int64_t>(std::max(0.0, (pool == 0 ? 4.0 : 1.2) * (wave - 0.9) * draws.next() + surge));
      s.running = static_cast<std::int64_t>((pool == 0 ? 3.0 : 26.0) * wave);
      s.kv_blocks_total = pool == 0 ? 110000 : 55000;
      s.kv_blocks_used = static_cast<std::int64_t>((pool == 0 ? 2200.0 : 19000.0) * wave);
      s.kv_blocks_cached = std::min(s.kv_blocks_total - s.kv_blocks_used, std::int64_t{340} * t);
      busy[pool] += pool == 0 ? 0.55 * 4 : 0.86 * 2;
      s.busy_seconds = busy[pool];
      s.tokens_computed = static_cast<std::uint64_t>(t) * (pool == 0 ? 20000 : 1700);
      recorder.sample(kStartOfTime + std::chrono::seconds{t}, PoolId{pool}, s);
    }
  }
}

RunFacts facts_of(Duration simulated) {
  RunFacts f;
  f.scenario = "chat-and-agents";
  f.description = "Two classes over 4 prefill and 2 decode replicas of Llama-3.1-70B, with a crash half-way.";
  f.seed = 7;
  f.version = "0.1.0";
  f.simulated = simulated;
  f.events = 1'284'310;
  f.flows = 2'311;
  const double s = to_seconds(simulated);
  f.pools = {{.name = "prefill",
              .role = "prefill",
              .hardware = "h100-sxm",
              .model = "llama-3.1-70b",
              .replicas = 4,
              .accelerators = 16,
              .price = UsdPerHour{2.5},
              .busy = nearest_nanosecond(0.55 * 4 * s),
              .steps = 31'000,
              .tokens_computed = 4'400'000,
              .kv_blocks = 27'500,
              .block_size = Tokens{16},
              .weights = Bytes{141'107'412'992},
              .kv_per_token = Bytes{327'680}},
             {.name = "decode",
              .role = "decode",
              .hardware = "h200-sxm",
              .model = "llama-3.1-70b",
              .replicas = 2,
              .accelerators = 8,
              .price = UsdPerHour{3.8},
              .busy = nearest_nanosecond(0.86 * 2 * s),
              .steps = 61'000,
              .tokens_computed = 410'000,
              .kv_blocks = std::nullopt,
              .block_size = Tokens{16},
              .weights = Bytes{141'107'412'992},
              .kv_per_token = Bytes{327'680}}};
  f.links = {{"NIC", 48, 1.02e12, BytesPerSecond{50e9}, 0.734, "decode-1 nic in 3"},
             {"spine", 8, 4.1e11, BytesPerSecond{200e9}, 0.212, "leaf 0 up"},
             {"NVLink", 48, 0, BytesPerSecond{450e9}, 0, ""}};
  f.counters = {{"crashes", 1}, {"hand-offs retried", 4}, {"messages_lost", 0}};
  f.derived = {{"decode: KV blocks per replica", "unlimited", "engine.unlimited_kv in the scenario"},
               {"prefill: KV blocks per replica", "27,500",
                "4 x 80 GB x 0.92 less weights of 141 GB and activations; override with kv_blocks"},
               {"prefill: weights", "141 GB", "70.6e9 parameters in bf16, from config.json"}};
  f.warnings = {"h200-sxm: step times are extrapolated beyond 256 sequences in 1.2 % of steps",
                "the price of h200-sxm is assumed: no public list price <2026>"};
  f.catalogue = {{"hardware/h100-sxm.yaml", "9f2c"}, {"llm/llama-3.1-70b.yaml", "77ab"}};
  f.resolved_json = R"({"name": "chat-and-agents", "seed": 7})";
  f.resolved_yaml = "name: chat-and-agents\nseed: 7\n";
  return f;
}

}  // namespace

SampleRun sample_run(RequestSink* sink, std::size_t requests) {
  SampleRun run;
  run.recorder =
      std::make_unique<Recorder>(RecorderParams{.classes = {{"chat", {.ttft = 300ms, .tpot = 20ms, .e2e = {}}},
                                                            {"agents & tools", {.ttft = 1s, .tpot = {}, .e2e = 10s}}},
                                                .pools = {"prefill", "decode"},
                                                .warm_up = 20s});
  if (sink != nullptr) run.recorder->attach(*sink);
  Draws draws;
  TimePoint arrival = kStartOfTime;
  for (std::size_t id = 0; id < requests; ++id) {
    arrival += nearest_nanosecond(0.11 * draws.exponential());
    RequestRecord record = draw_request(draws, id, arrival);
    tell(*run.recorder, draws, record);
  }
  const Duration simulated = arrival.time_since_epoch() + 9s;
  add_samples(*run.recorder, draws, static_cast<int>(to_seconds(simulated)));
  run.facts = facts_of(simulated);
  return run;
}

}  // namespace cleave::fixture
