// vLLM V1's schedule, one rule a case, each written out by hand. Source: vllm/v1/core/sched/scheduler.py; what is quoted
// are its rules in our words.
#include "tests/unit/engine/schedule_trace.h"

using namespace cleave;

namespace {

EngineParams vllm(std::int64_t budget = 16, std::int64_t seqs = 8) {
  return ScheduleTrace::vllm(budget, seqs);
}

}  // namespace

// --- "running requests first, in list order, while budget is left" ---

TEST_CASE("vLLM: a step has one token budget, which prompts and decodes share") {
  ScheduleTrace t{vllm(16)};
  t.queue(10, 3);
  t.queue(20, 2);
  // 10 of A leave 6 for B; then one for A's decode leaves 15, of which B needs 14.
  CHECK(t.steps(4) == "A10 B6 | A1 B14 | A1 B1 | idle");
}

TEST_CASE("vLLM: running sequences come before waiting ones, in order of admission") {
  ScheduleTrace t{vllm(8)};
  t.queue(12, 2);
  CHECK(t.step() == "A8");
  t.queue(4, 1);
  CHECK(t.steps(2) == "A4 B4 | A1");
}

TEST_CASE("vLLM: when running sequences use the budget up, nobody is admitted") {
  ScheduleTrace t{vllm(2)};
  t.queue(1, 5);
  t.queue(1, 5);
  t.queue(1, 1);
  CHECK(t.steps(2) == "A1 B1 | A1 B1");
  CHECK(t.waiting() == "C");
}

TEST_CASE("vLLM: a prompt that is known and in flight already is passed over, and others go on") {
  ScheduleTrace t{vllm()};
  auto& a = t.queue(4, 5);
  t.queue(4, 5);
  t.step();
  a.sequence.flying = 1;  // a pipeline stage still has its step
  a.sequence.flying_outputs = 1;
  CHECK(t.step() == "B1");
}

// --- long prompts ---

TEST_CASE("vLLM: a long prompt takes at most long_prefill_token_threshold in a step, waiting or running") {
  EngineParams params = vllm(16);
  params.long_prefill_token_threshold = Tokens{6};
  ScheduleTrace t{params};
  t.queue(15, 1);
  t.queue(5, 1);
  CHECK(t.steps(3) == "A6 B5 | A6 | A3");
}

TEST_CASE("vLLM: at most max_num_partial_prefills prompts are split at once; whole ones pass") {
  EngineParams params = vllm(16);
  params.long_prefill_token_threshold = Tokens{4};
  params.max_num_partial_prefills = 1;
  ScheduleTrace t{params};
  t.queue(12, 1);
  t.queue(12, 1);
  t.queue(3, 1);
  CHECK(t.steps(4) == "A4 C3 | A4 | A4 B4 | B4");  // in the third step A is whole
}

TEST_CASE("vLLM: with max_long_partial_prefills shorter prompts overtake long ones") {
  EngineParams params = vllm(16);
  params.long_prefill_token_threshold = Tokens{6};
  params.max_num_partial_prefills = 3;
  params.max_long_partial_prefills = 1;
  ScheduleTrace t{params};
  t.queue(20, 1);
  t.queue(20, 1);
  t.queue(6, 1);
  CHECK(t.step() == "A6 C6");
}

TEST_CASE("vLLM: a prompt is cut to what is left of the budget") {
  ScheduleTrace t{vllm(10)};
  t.queue(25, 2);
  CHECK(t.steps(4) == "A10 | A10 | A5 | A1");
}

TEST_CASE("vLLM: without chunked prefill a prompt above the budget stops the scan, even for shorter ones behind it") {
  EngineParams params = vllm(16);
  params.enable_chunked_prefill = false;
  ScheduleTrace t{params};
  t.queue(10, 1);
  t.queue(12, 1);
  t.queue(2, 1);
  CHECK(t.steps(2) == "A10 | B12 C2");
}

TEST_CASE("vLLM: no more than max_num_seqs run") {
  ScheduleTrace t{vllm(16, 2)};
  t.queue(2, 2);
  t.queue(2, 3);
  t.queue(2, 1);
  CHECK(t.steps(3) == "A2 B2 | A1 B1 | B1 C2");
}

// --- "allocation fails: preempt" ---

TEST_CASE("vLLM: without a free block the sequence admitted last is preempted") {
  ScheduleTrace t{vllm(32), 6};
  t.queue(8, 8);  // two blocks, the third with its ninth token
  t.queue(8, 8);
  t.queue(3, 8);  // one block
  CHECK(t.steps(2) == "A8 B8 C3 | A1 B1 -C");  // the last free block is A's, B gets C's
}

TEST_CASE("vLLM: who preempts itself ends the scheduling of running sequences") {
  ScheduleTrace t{vllm(), 4};
  t.queue(8, 4);
  t.queue(8, 4);
  t.step();
  // A needs a third block: B goes. A alone is left and computed.
  CHECK(t.step() == "A1 -B");
  CHECK(t.running() == "A");
  CHECK(t.waiting() == "B");
}

TEST_CASE("vLLM: nobody is admitted in a step that preempted, though memory is free then") {
  ScheduleTrace t{vllm(), 4};
  t.queue(8, 2);
  t.queue(8, 4);
  t.queue(1, 1);
  CHECK(t.steps(2) == "A8 B8 | A1 -B");
  CHECK(t.waiting() == "BC");
  CHECK(t.free() == 4);
  // Now B comes back, in front of C: its full blocks were still cached, all but the last token's.
  CHECK(t.step() == "B5 C1");
}

TEST_CASE("vLLM: a preempted sequence goes to the front of the queue, computes again and loses no token") {
  EngineParams params = vllm();
  params.enable_prefix_caching = false;
  ScheduleTrace t{params, 4};
  auto& a = t.queue(8, 2);
  auto& b = t.queue(8, 2);
  CHECK(t.steps(3) == "A8 B8 | A1 -B | B9");
  CHECK(a.sequence.generated == 2);
  CHECK(b.sequence.generated == 2);
  CHECK(b.record.preemptions == 1);
  CHECK(b.record.recomputed == Tokens{8});
}

TEST_CASE("vLLM: under the priority policy the victim has the highest (priority, arrival), scheduled already or not") {
  EngineParams params = vllm();
  params.queue_order = QueueOrder::priority;
  ScheduleTrace t{params, 5};
  auto& lazy = t.add(8, 8);
  auto& urgent = t.add(7, 8);
  lazy.sequence.priority = 2;
  urgent.sequence.priority = 1;
  t.wait(lazy);
  CHECK(t.step() == "A8");
  t.wait(urgent);
  CHECK(t.steps(2) == "A1 B7 | A1 B1");  // three blocks and two: all
  CHECK(t.step() == "B1 -A");            // B begins a third block, and A, scheduled before it, pays
}

TEST_CASE("vLLM: the budget of a victim that was scheduled already is given back") {
  EngineParams params = vllm(4);
  params.queue_order = QueueOrder::priority;
  ScheduleTrace t{params, 4};
  auto& lazy = t.add(4, 8);
  auto& urgent = t.add(11, 8);
  lazy.sequence.priority = 2;
  urgent.sequence.priority = 1;
  t.wait(lazy);
  CHECK(t.step() == "A4");
  t.wait(urgent);
  CHECK(t.steps(2) == "A1 B3 | A1 B3");
  // B's next three tokens need a third block, which A holds as its second: A goes, and its token of the budget returns.
  CHECK(t.step() == "B3 -A");
}

TEST_CASE("vLLM: the priority queue admits the lowest (priority, arrival) first") {
  EngineParams params = vllm(4);
  params.queue_order = QueueOrder::priority;
  ScheduleTrace t{params};
  auto& a = t.add(4, 1);
  auto& b = t.add(4, 1);
  auto& c = t.add(4, 1);
  a.sequence.priority = 5;
  b.sequence.priority = 1;
  c.sequence.priority = 5;
  for (auto* live : {&c, &a, &b}) t.wait(*live);
  CHECK(t.steps(3) == "B4 | A4 | C4");
}

// --- admission ---

TEST_CASE("vLLM: a head that finds no blocks stops the scan") {
  ScheduleTrace t{vllm(32), 4};
  t.queue(12, 2);
  t.queue(8, 1);
  t.queue(4, 1);
  CHECK(t.steps(3) == "A12 | A1 | B8 C4");
}

// Source: get_computed_blocks of vllm/v1/core/kv_cache_manager.py, called whenever the scan looks at a request without
// blocks; PrefixCacheStats.record counts its tokens each time, those of preempted requests elsewhere.
TEST_CASE("vLLM: a head that finds no blocks is looked up and counted again in each step") {
  ScheduleTrace t{vllm(32), 4};
  t.queue(12, 2, 12);
  t.queue(16, 1, 8);
  CHECK(t.step() == "A12");
  CHECK(t.state.lookups.queries == 12 + 16);  // A, then B, which finds two of A's blocks and needs two more
  CHECK(t.state.lookups.hits == 8);
  CHECK(t.step() == "A1");
  CHECK(t.state.lookups.queries == 12 + 16 + 16);
  CHECK(t.state.lookups.hits == 8 + 8);
  CHECK(t.step() == "B8");
  CHECK(t.state.lookups.queries == 12 + 16 + 16 + 16);
}

TEST_CASE("vLLM: the watermark is kept free only when something is scheduled already") {
  EngineParams params = vllm(32);
  params.watermark = 0.5;  // two of four blocks
  ScheduleTrace t{params, 4};
  t.queue(12, 1);  // three blocks, alone
  t.queue(4, 1);
  CHECK(t.steps(2) == "A12 | B4");
}

TEST_CASE("vLLM: with reserve: prompt the whole prompt must fit, not only its first chunk") {
  EngineParams params = vllm(8);
  ScheduleTrace first_chunk{params, 5};
  first_chunk.queue(4, 20);
  first_chunk.queue(16, 1);
  CHECK(first_chunk.step() == "A4 B4");
  params.reserve = KvReservation::prompt;
  ScheduleTrace whole{params, 4};
  whole.queue(4, 2);
  whole.queue(16, 1);
  CHECK(whole.steps(3) == "A4 | A1 | B8");
}

TEST_CASE("vLLM: a request whose adapter would be one too many is passed over") {
  EngineParams params = vllm(32);
  params.max_loras = 1;
  ScheduleTrace t{params};
  auto& a = t.add(4, 2);
  auto& b = t.add(4, 2);
  auto& c = t.add(4, 2);
  a.sequence.adapter = 1;
  b.sequence.adapter = 2;
  c.sequence.adapter = 1;
  for (auto* live : {&a, &b, &c}) t.wait(*live);
  CHECK(t.steps(3) == "A4 C4 | A1 C1 | B4");
}

TEST_CASE("vLLM: a request that waits for its grammar is passed over and keeps its place") {
  ScheduleTrace t{vllm(32)};
  auto& a = t.queue(4, 1);
  t.queue(4, 1);
  a.sequence.waits_for = WaitReason::grammar;
  CHECK(t.step() == "B4");
  a.sequence.waits_for = WaitReason::none;
  CHECK(t.step() == "A4");
}

// --- "only full blocks; never the whole prompt" ---

TEST_CASE("vLLM: only full blocks are found again") {
  ScheduleTrace t{vllm(32)};
  t.queue(10, 1, 10);
  CHECK(t.step() == "A10");
  t.queue(14, 1, 10);  // 10 common tokens: two full blocks of four
  CHECK(t.step() == "B6");
}

TEST_CASE("vLLM: of a prompt that is cached as a whole the last block is computed again") {
  ScheduleTrace t{vllm(32)};
  t.queue(8, 1, 8);
  t.step();
  t.queue(8, 1, 8);
  CHECK(t.step() == "B4");  // floor((8 - 1) / 4) blocks are found
}

TEST_CASE("vLLM: the search stops at the first block that is missing") {
  ScheduleTrace t{vllm(32), 4};
  t.queue(12, 1, 12);
  t.step();
  // Two new blocks: one was never written, the other is the cached prompt's last.
  t.queue(8, 1);
  CHECK(t.step() == "B8");
  t.queue(12, 1, 12);
  CHECK(t.step() == "C4");  // 8 of its tokens are still there
}

TEST_CASE("vLLM: blocks filled by a step can be found by those admitted in the same step") {
  ScheduleTrace t{vllm(32)};
  t.queue(9, 1, 8);
  t.queue(9, 1, 8);
  CHECK(t.step() == "A9 B1");
}

TEST_CASE("vLLM: blocks that decoding fills are found by the next turn") {
  ScheduleTrace t{vllm(32)};
  auto& a = t.queue(6, 4);
  t.steps(4);
  auto& b = t.add(12, 1);
  b.request.prompt = a.request.prompt;
  append_span(b.request.prompt, {SegmentId::output_of(a.request.id), 0, 4});
  append_span(b.request.prompt, {SegmentId::given(200), 0, 2});
  t.wait(b);
  CHECK(t.step() == "B4");  // 9 of its tokens have KV; two blocks of four are full
}

TEST_CASE("vLLM: an adapter's KV is found by the same adapter alone") {
  ScheduleTrace t{vllm(32)};
  t.queue(9, 1, 8);
  t.step();
  auto& b = t.add(9, 1, 8);
  b.sequence.salt = 0x1234;
  t.wait(b);
  CHECK(t.step() == "B9");
  auto& c = t.add(9, 1, 8);
  c.sequence.salt = 0x1234;
  t.wait(c);
  CHECK(t.step() == "C1");
}

// --- the free queue ---

TEST_CASE("vLLM: a finished sequence's last block is reused first") {
  ScheduleTrace t{vllm(32), 4};
  t.queue(16, 1, 16);
  t.step();
  t.queue(4, 1);
  CHECK(t.step() == "B4");  // takes the fourth block of the cached prompt
  t.queue(17, 1, 16);
  CHECK(t.waiting() == "C");
  CHECK(t.state.memory->match(t.lives[2].keys) == 3);
}

TEST_CASE("vLLM: a block that is hit leaves the free queue and joins its end again") {
  ScheduleTrace t{vllm(32), 4};
  t.queue(5, 1, 4, 1);  // text 1: one full block, and a partial one
  t.step();
  t.queue(5, 1, 4, 2);  // text 2
  t.step();
  t.queue(5, 1, 4, 1);  // a hit on text 1: it is now younger than text 2
  CHECK(t.step() == "C1");
  t.queue(11, 1);  // three blocks: text 2 goes, text 1 stays
  CHECK(t.step() == "D11");
  CHECK(t.state.memory->match(t.lives[0].keys) == 1);
  CHECK(t.state.memory->match(t.lives[1].keys) == 0);
}

TEST_CASE("vLLM: equal blocks computed side by side are both kept, and one may go without the other") {
  EngineParams params = vllm(8);
  ScheduleTrace t{params, 8};
  auto& a = t.queue(8, 3, 8);
  t.queue(8, 3, 8);
  // In one step of 8 tokens B is not looked at; with A's blocks found it computes its last block itself.
  CHECK(t.steps(2) == "A8 | A1 B4");
  // A's three, and B's copy of the second: the first is shared.
  CHECK(t.state.memory->used_blocks() == 3 + 1);
  CHECK(t.state.memory->counters().sealed == 3);
  t.steps(2);  // A ends, B goes on with its copy
  CHECK(a.sequence.generated == 3);
  CHECK(t.state.memory->match(a.keys) == 2);
}
