#include "tests/unit/engine/bench_engine.h"

using namespace cleave;
using namespace std::chrono_literals;

TEST_CASE("one request takes a prefill step and then one step a token, each read one token longer") {
  BenchEngine engine;
  auto& live = engine.add(10, 4);
  engine.enqueue_at(live, 5ms);
  engine.kernel.run();
  // Prefill: 1 ms + 10 * 10 us = 1.1 ms. Decode steps: 1.1 ms + 11, 12, 13 ns.
  CHECK(live.record.first_scheduled == TimePoint{5ms});
  CHECK(live.record.first_token == TimePoint{6100us});
  CHECK(live.record.last_token == TimePoint{6100us + 3 * 1100us + 36ns});
  CHECK(live.record.generated == Tokens{4});
  CHECK(engine.gaps == 3);
  CHECK(engine.gap_ns == 3 * 1'100'000 + 36);
  CHECK(engine.finished == std::vector<std::uint32_t>{0});
  CHECK(engine.replica.pool().used_blocks() == 0);
  engine.replica.waiting_meter().check_empty_and_balanced();
}

TEST_CASE("a request that comes during a step joins the next one, and decoding goes on beside its prefill") {
  BenchEngine engine;
  auto& first = engine.add(10, 100);
  auto& second = engine.add(20, 2);
  engine.enqueue_at(first, 0ms);
  engine.enqueue_at(second, 2ms);
  engine.kernel.run();
  // First token at 1.1 ms, second at 2.2 ms + 11 ns: there the newcomer joins.
  CHECK(second.record.first_scheduled == TimePoint{2200us + 11ns});
  // Mixed step: 1 ms + 20 * 10 us + one decode of 12 tokens of context.
  CHECK(second.record.first_token == TimePoint{2200us + 11ns + 1ms + 200us + 100us + 12ns});
  CHECK(engine.finished == std::vector<std::uint32_t>{1, 0});
}

TEST_CASE("a prompt longer than the token budget is computed in chunks") {
  BenchEngine engine;
  auto& live = engine.add(150, 1);
  engine.enqueue_at(live, 0ms);
  engine.kernel.run();
  // 64 + 64 + 22 tokens: three steps with contexts 0, 64 and 128.
  CHECK(live.record.first_token == TimePoint{3ms + 1500us + 192ns});
  CHECK(engine.replica.usage().steps == 3);
  CHECK(engine.replica.usage().tokens_computed == 150);
}

TEST_CASE("cached full blocks are not computed again, but never the whole prompt") {
  BenchEngine engine;
  auto& first = engine.add(16, 1, 16);
  auto& same = engine.add(16, 1, 16);
  auto& longer = engine.add(30, 1, 16);
  engine.enqueue_at(first, 0ms);
  engine.enqueue_at(same, 10ms);
  engine.enqueue_at(longer, 20ms);
  engine.kernel.run();
  CHECK(first.record.hit_prompt_kv == Tokens{0});
  CHECK(same.record.hit_prompt_kv == Tokens{12});  // floor((16 - 1) / 4) blocks
  CHECK(longer.record.hit_prompt_kv == Tokens{16});
  CHECK(same.record.first_token == TimePoint{10ms + 1ms + 40us + 12ns});
}

TEST_CASE("two prompts of 10 and 14 common tokens share two blocks of four") {
  // The example of vLLM's prefix-caching page: block size 4, the second request finds 8 of its tokens.
  BenchEngine engine;
  auto& first = engine.add(15, 8, 10);
  auto& second = engine.add(14, 2, 10);
  engine.enqueue_at(first, 0ms);
  engine.enqueue_at(second, 5ms);
  engine.kernel.run();
  CHECK(second.record.hit_prompt_kv == Tokens{8});
}

TEST_CASE("without memory for all, the latest admitted is preempted, recomputed and loses no token") {
  BenchEngine engine{BenchEngine::small(), 10};  // 40 tokens
  auto& first = engine.add(12, 16);              // 28 tokens at its end
  auto& second = engine.add(12, 12);             // 24
  engine.enqueue_at(first, 0ms);
  engine.enqueue_at(second, 1ns);
  engine.kernel.run();
  CHECK(first.record.preemptions == 0);
  CHECK(second.record.preemptions >= 1);
  CHECK(second.record.recomputed > Tokens{0});
  CHECK(second.record.generated == Tokens{12});
  CHECK(engine.finished == std::vector<std::uint32_t>{0, 1});
  CHECK(engine.gaps == 15 + 11);
}

TEST_CASE("a prefill-only sequence leaves with its blocks held until they are released") {
  BenchEngine engine;
  auto& live = engine.add(20, 5);
  live.sequence.prefill_only = true;
  live.sequence.emits_at_prefill = false;
  engine.enqueue_at(live, 0ms);
  engine.kernel.run();
  CHECK(engine.prefilled == std::vector<std::uint32_t>{0});
  CHECK(live.record.generated == Tokens{0});
  CHECK(live.record.prefill_done == TimePoint{1200us});
  CHECK(engine.replica.pool().used_blocks() == 5);
  engine.replica.release(live.sequence);
  CHECK(engine.replica.pool().used_blocks() == 0);
  CHECK(engine.replica.cached_prefix(live.keys) == Tokens{20});
}

TEST_CASE("a delivered hand-off joins the batch without computing its prompt") {
  BenchEngine engine;
  auto& live = engine.add(20, 3);
  engine.kernel.at(TimePoint{1ms}, {Phase::transfer}, [&] {
    REQUIRE(engine.replica.reserve(live.sequence, Tokens{20}) == Tokens{0});
    engine.replica.deliver(live.sequence, Tokens{20});
    engine.replica.enqueue(live.sequence);
  });
  engine.kernel.run();
  // The last prompt token is computed again: its output is the first token.
  CHECK(live.record.first_token == TimePoint{1ms + 1100us + 20ns});
  CHECK(engine.finished == std::vector<std::uint32_t>{0});
  CHECK(engine.replica.usage().tokens_computed == 3);
}

TEST_CASE("an aborted sequence gives its memory back and disturbs nobody else") {
  BenchEngine engine;
  auto& first = engine.add(12, 40);
  auto& second = engine.add(12, 40);
  engine.enqueue_at(first, 0ms);
  engine.enqueue_at(second, 0ms);
  engine.kernel.at(TimePoint{10ms}, {Phase::decision}, [&] { engine.replica.abort(first.sequence); });
  engine.kernel.run();
  CHECK(engine.finished == std::vector<std::uint32_t>{1});
  CHECK(second.record.generated == Tokens{40});
  CHECK(engine.replica.pool().used_blocks() == 0);
}

TEST_CASE("a crash returns everyone and leaves the replica empty") {
  BenchEngine engine;
  auto& first = engine.add(12, 400);
  auto& second = engine.add(200, 400);
  engine.enqueue_at(first, 0ms);
  engine.enqueue_at(second, 20ms);
  std::size_t lost = 0;
  engine.kernel.at(TimePoint{30ms}, {Phase::fault}, [&] { lost = engine.replica.crash().size(); });
  engine.kernel.run();
  CHECK(lost == 2);
  CHECK_FALSE(engine.replica.up());
  CHECK(engine.replica.running() == 0);
  CHECK(engine.replica.pool().used_blocks() == 0);
  engine.replica.waiting_meter().check_empty_and_balanced();
  CHECK(engine.replica.usage().busy == 30ms);
}

TEST_CASE("constant state is held beside the growing blocks and given back with them") {
  // 16 blocks; each sequence holds 5 whatever its length, and 3, later 4, for its tokens.
  BenchEngine engine{BenchEngine::small(), 16, std::make_unique<PlainCost>(), 5};
  auto& first = engine.add(12, 4);
  auto& second = engine.add(12, 4);
  engine.enqueue_at(first, 0ms);
  engine.enqueue_at(second, 0ms);
  engine.kernel.at(TimePoint{1ms}, {Phase::observe},
                   [&] { CHECK(engine.replica.pool().used_blocks() == 5 + 3 + 5 + 3); });
  engine.kernel.run();
  CHECK(engine.replica.max_context() == Tokens{(16 - 5) * 4});
  CHECK(second.record.preemptions == 1);  // neither finds its fourth block beside the other
  CHECK(engine.replica.pool().used_blocks() == 0);
  CHECK(engine.finished == std::vector<std::uint32_t>{0, 1});
}
