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
  void (*engine)(EngineParams&) = [](EngineParams&) {};
  std::int64_t state_blocks = 0;  // of linear attention
};

void ahead(EngineParams& p) {
  p.async_scheduling = true;
}
void unforeseen(EngineParams& p) {
  p.async_scheduling = true;
  p.max_output = Tokens{100};
}
void prefill_first(EngineParams& p) {
  p.scheduler = SchedulerKind::prefill_first;
}
void sglang_sync(EngineParams& p) {
  p.scheduler = SchedulerKind::prefill_first;
  p.kv_layout = KvLayout::radix;
  p.reserve = KvReservation::estimate;
  p.block_size = Tokens{1};
  p.token_estimate.decay_steps = 20;
  p.token_estimate.clip = Tokens{30};
}
void sglang(EngineParams& p) {
  sglang_sync(p);
  p.async_scheduling = true;
}
void sglang_pages(EngineParams& p) {
  sglang(p);
  p.block_size = Tokens{4};
}
void promised(EngineParams& p) {
  p.reserve = KvReservation::output;
}
void static_batch(EngineParams& p) {
  p.scheduler = SchedulerKind::static_batch;
}
void decodes_first(EngineParams& p) {
  p.decodes_first = true;
  p.watermark = 0.1;
}
void state_behind_each(EngineParams& p) {
  p.state_caching = StateCaching::all;
}
void state_behind_each_ahead(EngineParams& p) {
  p.state_caching = StateCaching::all;
  p.async_scheduling = true;
}
void speculating(EngineParams& p) {
  p.speculation.draft_tokens = 3;
  p.speculation.acceptance = {0.8, 0.6};
  p.async_scheduling = true;
}

/// Everything that can be seen of a run: records, memory, gaps.
std::string digest(const Pressure& pressure, std::uint64_t seed, bool coalesce, bool peek) {
  EngineParams params = BenchEngine::small();
  params.max_num_seqs = pressure.max_num_seqs;
  params.max_num_batched_tokens = Tokens{pressure.budget};
  params.queue_order = pressure.order;
  pressure.engine(params);
  params.coalesce_decode = coalesce;
  BenchEngine engine{params, pressure.kv_blocks, std::make_unique<PlainCost>(), pressure.state_blocks,
                     pressure.state_blocks};
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
  for (const auto& live : engine.lives) CHECK(live.record.generated == live.request.output);
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
      {"formed ahead", 4096, 64, 512, QueueOrder::fcfs, ahead},
      {"formed ahead, little memory", 30, 64, 512, QueueOrder::fcfs, ahead},
      {"formed ahead, little memory, priorities", 30, 64, 512, QueueOrder::priority, ahead},
      {"formed ahead, ends unforeseen", 60, 8, 512, QueueOrder::fcfs, unforeseen},
      {"prefill first", 4096, 64, 64, QueueOrder::fcfs, prefill_first},
      {"prefill first, little memory", 30, 64, 64, QueueOrder::fcfs, prefill_first},
      {"sglang", 4096, 64, 64, QueueOrder::fcfs, sglang},
      {"sglang, little memory", 130, 64, 64, QueueOrder::fcfs, sglang},
      {"sglang, little memory, longest prefix", 130, 64, 64, QueueOrder::lpm, sglang},
      {"sglang, not ahead, little memory", 130, 64, 64, QueueOrder::hrrn, sglang_sync},
      {"sglang, pages of four", 34, 64, 64, QueueOrder::dfs_weight, sglang_pages},
      {"promised to the end", 40, 64, 512, QueueOrder::fcfs, promised},
      {"static", 60, 4, 512, QueueOrder::fcfs, static_batch},
      {"decodes first, small steps", 60, 8, 20, QueueOrder::fcfs, decodes_first},
      {"speculation", 60, 8, 64, QueueOrder::fcfs, speculating},
      {"linear state", 4096, 64, 512, QueueOrder::fcfs, [](EngineParams&) {}, 2},
      {"linear state, little memory", 50, 64, 512, QueueOrder::fcfs, [](EngineParams&) {}, 3},
      {"linear state, little memory, small steps", 50, 8, 20, QueueOrder::fcfs, [](EngineParams&) {}, 3},
      {"linear state, formed ahead", 4096, 64, 512, QueueOrder::fcfs, ahead, 2},
      {"linear state, formed ahead, little memory", 50, 64, 512, QueueOrder::fcfs, ahead, 3},
      {"linear state, formed ahead, ends unforeseen", 60, 8, 512, QueueOrder::fcfs, unforeseen, 2},
      {"linear state behind each block", 90, 64, 512, QueueOrder::fcfs, state_behind_each, 1},
      {"linear state behind each block, ahead", 90, 64, 512, QueueOrder::fcfs, state_behind_each_ahead, 1},
      {"linear state, sglang", 4096, 64, 64, QueueOrder::fcfs, sglang, 5},
      {"linear state, sglang, little memory, longest prefix", 150, 64, 64, QueueOrder::lpm, sglang, 5},
      {"linear state, sglang, pages of four", 50, 64, 64, QueueOrder::fcfs, sglang_pages, 2},
      {"linear state, promised to the end", 60, 64, 512, QueueOrder::fcfs, promised, 2},
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
