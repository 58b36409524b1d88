// One rule of the batch former a case. Source of the rules: vllm/v1/core/sched/scheduler.py.
#include "tests/unit/engine/bench_engine.h"

using namespace cleave;
using namespace std::chrono_literals;

namespace {

EngineParams with(std::int64_t budget, std::int64_t seqs) {
  EngineParams params = BenchEngine::small();
  params.max_num_batched_tokens = Tokens{budget};
  params.max_num_seqs = seqs;
  return params;
}

}  // namespace

TEST_CASE("running sequences are served before waiting ones, which share what budget is left") {
  BenchEngine engine{with(16, 8), 64};
  auto& decoding = engine.add(8, 50);
  auto& waiting = engine.add(40, 1);
  engine.enqueue_at(decoding, 0ms);
  engine.enqueue_at(waiting, 1ns);
  engine.kernel.run();
  // 15 tokens a step beside one decode: 15 + 15 + 10.
  const Duration first_step = 1ms + 80us;
  CHECK(waiting.record.first_scheduled == TimePoint{first_step});
  const Duration chunks = 3 * (1ms + 100us) + 400us + Duration{(9 + 10 + 11) + (0 + 15 + 30)};
  CHECK(waiting.record.first_token == TimePoint{first_step + chunks});
}

TEST_CASE("a long prompt at the head keeps shorter ones behind it waiting when chunking is off") {
  EngineParams params = with(64, 8);
  params.enable_chunked_prefill = false;
  BenchEngine engine{params, 64};
  auto& head = engine.add(60, 1);
  auto& large = engine.add(50, 1);
  auto& small = engine.add(4, 1);
  for (auto* live : {&head, &large, &small}) engine.enqueue_at(*live, 0ms);
  engine.kernel.run();
  // The second does not fit beside the first, and the third may not overtake it.
  CHECK(large.record.first_scheduled == head.record.first_token);
  CHECK(small.record.first_scheduled == head.record.first_token);
}

TEST_CASE("a head that finds no memory stops the scan") {
  BenchEngine engine{with(64, 8), 16};
  auto& first = engine.add(40, 20);  // 15 blocks at its end
  auto& large = engine.add(40, 1);
  auto& small = engine.add(4, 1);
  engine.enqueue_at(first, 0ms);
  engine.enqueue_at(large, 1ms);
  engine.enqueue_at(small, 1ms);
  engine.kernel.run();
  CHECK(large.record.first_scheduled >= first.record.last_token);
  CHECK(small.record.first_scheduled >= first.record.last_token);
}

TEST_CASE("no more than max_num_seqs run at once") {
  BenchEngine engine{with(64, 2), 64};
  for (int i = 0; i < 3; ++i) engine.enqueue_at(engine.add(4, 5), 0ms);
  engine.kernel.run();
  CHECK(engine.lives[2].record.first_scheduled == engine.lives[0].record.last_token);
}

TEST_CASE("a long prompt takes at most the threshold in one step") {
  EngineParams params = with(64, 8);
  params.long_prefill_token_threshold = Tokens{10};
  BenchEngine engine{params, 64};
  auto& live = engine.add(25, 1);
  engine.enqueue_at(live, 0ms);
  engine.kernel.run();
  CHECK(engine.replica.usage().steps == 3);  // 10 + 10 + 5
}

TEST_CASE("priority order admits the urgent first and preempts the least urgent") {
  EngineParams params = with(64, 8);
  params.queue_order = QueueOrder::priority;
  BenchEngine engine{params, 10};
  auto& lazy = engine.add(12, 16);
  auto& urgent = engine.add(12, 16);
  lazy.sequence.priority = 5;
  urgent.sequence.priority = 1;
  engine.enqueue_at(lazy, 0ms);
  engine.enqueue_at(urgent, 1ns);
  engine.kernel.run();
  CHECK(urgent.record.preemptions == 0);
  CHECK(lazy.record.preemptions >= 1);
  CHECK(engine.finished == std::vector<std::uint32_t>{1, 0});
}

TEST_CASE("nobody waiting is admitted in a step that preempted") {
  // Two sequences outgrow the memory; a small one waits that would fit into what the victim gave back.
  BenchEngine engine{with(64, 2), 10};
  auto& first = engine.add(16, 20);
  auto& second = engine.add(16, 20);
  auto& small = engine.add(2, 1);
  for (auto* live : {&first, &second, &small}) engine.enqueue_at(*live, 0ms);
  engine.kernel.run();
  CHECK(second.record.preemptions >= 1);
  // The victim went to the front of the queue, so the small one is admitted after it.
  CHECK(small.record.first_scheduled > second.record.first_scheduled);
  CHECK(engine.finished.size() == 3);
}

TEST_CASE("the watermark keeps blocks free for those who run, but never holds up an idle engine") {
  EngineParams params = with(64, 8);
  params.watermark = 0.5;  // 8 of 16 blocks
  BenchEngine engine{params, 16};
  auto& first = engine.add(40, 4);
  auto& second = engine.add(4, 1);
  engine.enqueue_at(first, 0ms);
  engine.enqueue_at(second, 1ns);
  engine.kernel.run();
  CHECK(first.record.first_scheduled == TimePoint{0ms});  // takes 10 of 16
  CHECK(second.record.first_scheduled == first.record.last_token);
}
