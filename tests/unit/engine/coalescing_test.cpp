// A stretch of decode steps as one event must be the same as one event a step, under every pressure.
#include "tests/unit/engine/bench_engine.h"

using namespace cleave;
using namespace std::chrono_literals;

namespace {

struct Pressure {
  const char* name;
  std::int64_t kv_blocks;
  std::int64_t max_num_seqs;
  std::int64_t budget;
  QueueOrder order;
};

/// Everything that can be seen of a run: records, memory, gaps.
std::string digest(const Pressure& pressure, std::uint64_t seed, bool coalesce, bool peek) {
  EngineParams params = BenchEngine::small();
  params.max_num_seqs = pressure.max_num_seqs;
  params.max_num_batched_tokens = Tokens{pressure.budget};
  params.queue_order = pressure.order;
  params.coalesce_decode = coalesce;
  BenchEngine engine{params, pressure.kv_blocks};
  std::uint64_t state = seed;
  const auto draw = [&state](std::uint64_t n) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<std::int64_t>((state >> 33) % n);
  };
  for (int i = 0; i < 60; ++i) {
    const std::int64_t shared = 4 * draw(6);
    auto& live = engine.add(shared + 1 + draw(40), 1 + draw(60), shared);
    live.sequence.priority = static_cast<std::int32_t>(draw(3));
    live.sequence.cache_output = draw(2) == 0;
    engine.enqueue_at(live, Duration{draw(400'000'000)});
  }
  if (peek) {
    for (int i = 0; i < 500; ++i) {
      engine.kernel.at(TimePoint{Duration{draw(2'000'000'000)}}, {Phase::observe}, [&] {
        (void)engine.replica.pool();
        (void)engine.replica.usage();
      });
    }
  }
  engine.kernel.run();
  std::string out;
  for (const auto& live : engine.lives) {
    const RequestRecord& r = live.record;
    out += std::to_string(r.first_scheduled->time_since_epoch().count()) + "," +
           std::to_string(r.first_token->time_since_epoch().count()) + "," +
           std::to_string(r.last_token->time_since_epoch().count()) + "," + std::to_string(r.preemptions) + "," +
           std::to_string(r.hit_prompt_kv.value()) + "," + std::to_string(r.recomputed.value()) + ";";
  }
  for (const auto owner : engine.finished) out += std::to_string(owner) + " ";
  const ReplicaUsage usage = engine.replica.usage();
  const KvCounters& kv = engine.replica.pool().counters();
  engine.replica.pool().check_consistency();
  engine.replica.waiting_meter().check_empty_and_balanced();
  out += "| " + std::to_string(usage.busy.count()) + " " + std::to_string(usage.steps) + " " +
         std::to_string(usage.tokens_computed) + " " + std::to_string(kv.allocated) + " " + std::to_string(kv.evicted) +
         " " + std::to_string(kv.sealed) + " | " + std::to_string(engine.gaps) + " " + std::to_string(engine.gap_ns);
  return out;
}

}  // namespace

TEST_CASE("coalesced and step-by-step runs are equal to the nanosecond and the block, looked at or not") {
  const Pressure pressures[] = {
      {"plenty", 4096, 64, 512, QueueOrder::fcfs},
      {"little memory", 30, 64, 512, QueueOrder::fcfs},
      {"little memory, priorities", 30, 64, 512, QueueOrder::priority},
      {"few sequences", 4096, 3, 512, QueueOrder::fcfs},
      {"small steps", 60, 8, 20, QueueOrder::fcfs},
  };
  for (const Pressure& pressure : pressures) {
    for (std::uint64_t seed = 1; seed <= 8; ++seed) {
      INFO(pressure.name << ", seed " << seed);
      const std::string stepwise = digest(pressure, seed, false, false);
      CHECK(digest(pressure, seed, true, false) == stepwise);
      CHECK(digest(pressure, seed, true, true) == stepwise);
    }
  }
}
