// Steps formed ahead, steps in flight on pipeline stages, speculation, cancellation.
#include "tests/unit/engine/bench_engine.h"

using namespace cleave;
using namespace std::chrono_literals;

namespace {

EngineParams ahead(EngineParams params = BenchEngine::small()) {
  params.async_scheduling = true;
  return params;
}

}  // namespace

TEST_CASE("scheduling ahead: a lone request takes as many steps as without, one right after the other") {
  // Source: vllm/v1/core/sched/scheduler.py, "avoid scheduling an extra step".
  BenchEngine engine{ahead()};
  auto& live = engine.add(10, 4);
  engine.enqueue_at(live, 5ms);
  engine.kernel.run();
  CHECK(live.record.first_token == TimePoint{6100us});
  CHECK(live.record.last_token == TimePoint{6100us + 3 * 1100us + 36ns});
  CHECK(engine.replica.usage().steps == 4);
  CHECK(engine.replica.usage().tokens_computed == 13);
}

TEST_CASE("scheduling ahead: who comes during a step joins the step after the next") {
  BenchEngine engine{ahead()};
  auto& first = engine.add(10, 100);
  auto& second = engine.add(20, 2);
  engine.enqueue_at(first, 0ms);
  engine.enqueue_at(second, 2ms);  // during the first's second step, which ends at 2.2 ms + 11 ns
  engine.kernel.run();
  // The third step was formed when the second began; the newcomer is in the fourth, formed when the third begins.
  CHECK(second.record.first_scheduled == TimePoint{2200us + 11ns});
  const Duration third = 1100us + 12ns;
  CHECK(second.record.first_token == TimePoint{2200us + 11ns + third + 1ms + 200us + 100us + 13ns});
}

TEST_CASE("scheduling ahead: an answer that ends before its limit costs one place in one step more") {
  EngineParams params = ahead();
  params.max_output = Tokens{100};
  BenchEngine engine{params};
  auto& live = engine.add(10, 4);
  engine.enqueue_at(live, 0ms);
  engine.kernel.run();
  CHECK(live.record.generated == Tokens{4});
  CHECK(engine.replica.usage().steps == 5);
  CHECK(engine.replica.usage().tokens_computed == 13);
  CHECK(engine.replica.pool().used_blocks() == 0);
}

TEST_CASE("pipeline stages: as many batches are in flight, each sequence in one of them") {
  ReplicaParams params;
  params.engine = BenchEngine::small();
  params.engine.max_num_seqs = 8;
  params.engine.max_num_batched_tokens = Tokens{8};
  params.kv_blocks = 64;
  params.stages = 2;
  BenchEngine engine{params};
  auto& first = engine.add(8, 3);
  auto& second = engine.add(8, 3);
  engine.enqueue_at(first, 0ms);
  engine.enqueue_at(second, 0ms);
  engine.kernel.run();
  // Each prompt is a batch of its own: 1 ms + 80 us over two stages. The second enters 540 us after the first.
  CHECK(first.record.first_token == TimePoint{1080us});
  CHECK(second.record.first_token == TimePoint{1080us + 540us});
  // A sequence's next token waits for its last one: the first decodes while the second is on the last stage.
  CHECK(first.record.last_token > second.record.first_token);
  CHECK(engine.replica.usage().tokens_computed == 8 + 8 + 2 + 2);
}

TEST_CASE("pipeline stages: chunks of one prompt follow each other through the stages") {
  ReplicaParams params;
  params.engine = BenchEngine::small();
  params.engine.max_num_batched_tokens = Tokens{8};
  params.kv_blocks = 64;
  params.stages = 2;
  BenchEngine engine{params};
  auto& live = engine.add(24, 1);
  engine.enqueue_at(live, 0ms);
  engine.kernel.run();
  // 1.08 ms each, 8 and 16 ns of context: three chunks take 3 / 2 of that plus the last stage of the last.
  CHECK(*live.record.first_token < TimePoint{3 * 1080us});
  CHECK(*live.record.first_token > TimePoint{2 * 1080us});
}

TEST_CASE("speculation: a step verifies its drafts, and yields one token more than were accepted") {
  EngineParams params = BenchEngine::small();
  params.speculation.draft_tokens = 3;
  params.speculation.acceptance = {1.0, 1.0, 0.0};
  BenchEngine engine{params};
  auto& live = engine.add(8, 10);
  engine.enqueue_at(live, 0ms);
  engine.kernel.run();
  // One token with the prompt, then 2 accepted and 1 more in each of three steps.
  CHECK(engine.replica.usage().steps == 4);
  CHECK(engine.replica.usage().drafts_offered == 9);
  CHECK(engine.replica.usage().drafts_accepted == 6);
  CHECK(live.record.generated == Tokens{10});
  CHECK(engine.gaps == 9);
  CHECK(engine.replica.pool().used_blocks() == 0);
}

TEST_CASE("speculation: nothing is verified before the first token, and no answer grows beyond its end") {
  EngineParams params = BenchEngine::small();
  params.speculation.draft_tokens = 4;
  params.speculation.acceptance = {1.0};
  BenchEngine engine{params};
  auto& one = engine.add(8, 1);
  auto& three = engine.add(8, 3);
  engine.enqueue_at(one, 0ms);
  engine.enqueue_at(three, 20ms);
  engine.kernel.run();
  CHECK(one.record.generated == Tokens{1});
  CHECK(three.record.generated == Tokens{3});
  CHECK(engine.replica.usage().drafts_offered == 4);
}

TEST_CASE("speculation: the chance of each draft is met in the long run, whatever else runs") {
  for (const std::int64_t seqs : {1, 8}) {
    EngineParams params = BenchEngine::small();
    params.max_num_seqs = seqs;
    params.speculation.draft_tokens = 2;
    params.speculation.acceptance = {0.8, 0.5};
    BenchEngine engine{params, 4096};
    for (int i = 0; i < 60; ++i) engine.enqueue_at(engine.add(8, 100), Duration{i});
    engine.kernel.run();
    const auto usage = engine.replica.usage();
    const double steps = static_cast<double>(usage.drafts_offered) / 2;
    CHECK(static_cast<double>(usage.drafts_accepted) / steps == Approx(0.8 + 0.8 * 0.5).margin(0.05));
  }
}

TEST_CASE("a request cancelled while a step was formed ahead with it gives everything back") {
  for (const bool async : {false, true}) {
    EngineParams params = BenchEngine::small();
    params.async_scheduling = async;
    BenchEngine engine{params};
    auto& first = engine.add(12, 40);
    auto& second = engine.add(12, 40);
    engine.enqueue_at(first, 0ms);
    engine.enqueue_at(second, 0ms);
    engine.kernel.at(TimePoint{10ms}, {Phase::decision}, [&] { engine.replica.abort(first.sequence); });
    engine.kernel.run();
    CHECK(engine.finished == std::vector<std::uint32_t>{1});
    CHECK(second.record.generated == Tokens{40});
    CHECK(engine.replica.pool().used_blocks() == 0);
    CHECK(engine.replica.pending_tokens() == 0);
  }
}

TEST_CASE("memory for KV under way is granted only if those here keep room to write") {
  // Source: sglang/srt/disaggregation/decode.py: 512 tokens for each by default.
  EngineParams params = BenchEngine::small();
  params.reserved_decode_tokens = Tokens{8};
  BenchEngine engine{params, 10};
  auto& first = engine.add(16, 4);
  auto& second = engine.add(8, 4);
  engine.kernel.at(TimePoint{1ms}, {Phase::transfer}, [&] {
    CHECK(engine.replica.reserve(first.sequence, Tokens{16}).has_value());  // alone: no reserve
    // Six blocks are free: two for the prompt, and two for each of both.
    CHECK(engine.replica.reserve(second.sequence, Tokens{8}).has_value());
    engine.replica.release(second.sequence);
    auto& third = engine.add(12, 4);
    CHECK_FALSE(engine.replica.reserve(third.sequence, Tokens{12}).has_value());
    engine.replica.release(first.sequence);
  });
  engine.kernel.run();
  CHECK(engine.replica.pool().used_blocks() == 0);
}
