// Where linear attention's state is kept and found again, each schedule written out by hand. Blocks have four tokens; a
// state takes one block. Source: mamba_cache_mode of vllm/config/cache.py; Scheduler._mamba_block_aligned_split of
// vllm/v1/core/sched/scheduler.py; MambaManager of vllm/v1/core/single_type_kv_cache_manager.py.
#include "tests/unit/engine/schedule_trace.h"

using namespace cleave;

namespace {

ScheduleTrace hybrid(const EngineParams& params = ScheduleTrace::vllm(32), std::int64_t blocks = 1000) {
  ScheduleTrace t{params, blocks};
  t.state.state_blocks = 1;
  t.state.kept_state_blocks = 1;
  return t;
}

EngineParams caching(StateCaching mode, std::int64_t budget = 32) {
  EngineParams params = ScheduleTrace::vllm(budget);
  params.state_caching = mode;
  return params;
}

EngineParams sglang() {
  EngineParams params;
  params.scheduler = SchedulerKind::prefill_first;
  params.kv_layout = KvLayout::radix;
  params.reserve = KvReservation::estimate;
  params.block_size = Tokens{1};
  params.max_num_batched_tokens = Tokens{64};
  params.max_num_seqs = 8;
  return params;
}

/// The next turn of a conversation: `before`, its answer, and `more` tokens.
ScheduleTrace::Live& next_turn(ScheduleTrace& t, const ScheduleTrace::Live& before, std::int64_t more) {
  auto& next = t.add(before.request.input.value() + before.request.output.value() + more, 1);
  next.request.prompt = before.request.prompt;
  append_span(next.request.prompt,
              {SegmentId::output_of(before.request.id), 0, static_cast<std::uint32_t>(before.request.output.value())});
  append_span(next.request.prompt, {SegmentId::given(500), 0, static_cast<std::uint32_t>(more)});
  return t.wait(next);
}

}  // namespace

TEST_CASE("vLLM, align: a prompt is cut at the end of its last full block, where the state is kept") {
  ScheduleTrace t = hybrid();
  t.queue(10, 3);
  CHECK(t.steps(4) == "A8 | A2 | A1 | A1");
}

TEST_CASE("vLLM, align: a step that does not reach the last full block computes whole blocks") {
  ScheduleTrace t = hybrid(ScheduleTrace::vllm(6));
  t.queue(17, 1);
  CHECK(t.steps(5) == "A4 | A4 | A4 | A4 | A1");
}

TEST_CASE("vLLM, align: with fewer tokens left than a block a prompt waits, and so do those behind it") {
  ScheduleTrace t = hybrid(ScheduleTrace::vllm(6));
  for (int i = 0; i < 3; ++i) t.queue(1, 9);
  CHECK(t.step() == "A1 B1 C1");
  t.queue(9, 1);  // three tokens are left in each step
  t.queue(2, 1);
  CHECK(t.step() == "A1 B1 C1");
  CHECK(t.waiting() == "DE");
}

TEST_CASE("vLLM, align: a running prompt that would get less than a block is passed over, and others go on") {
  EngineParams params = ScheduleTrace::vllm(8);
  ScheduleTrace t = hybrid(params);
  t.queue(1, 9);
  t.queue(12, 1);
  CHECK(t.step() == "A1 B4");  // of seven tokens left, four
  for (int i = 0; i < 4; ++i) t.queue(1, 9);
  CHECK(t.step() == "A1 B4 C1 D1 E1");
  CHECK(t.step() == "A1 B4 C1 D1 E1");
}

TEST_CASE("vLLM, align: the next prompt starts behind the kept state") {
  ScheduleTrace t = hybrid();
  t.queue(10, 1, 8);
  t.steps(2);
  t.queue(12, 1, 8);
  CHECK(t.step() == "B4");
}

TEST_CASE("vLLM, align: KV alone is not enough: where no state was kept everything is computed again") {
  ScheduleTrace t = hybrid();
  t.queue(18, 1, 18);
  CHECK(t.steps(2) == "A16 | A2");
  t.queue(18, 1, 12);  // three blocks of it are cached; the state was kept behind the fourth
  CHECK(t.step() == "B16");
  ScheduleTrace full{ScheduleTrace::vllm(32)};  // as counted for full attention
  full.queue(18, 1, 18);
  full.step();
  full.queue(18, 1, 12);
  CHECK(full.step() == "B6");
}

TEST_CASE("vLLM, align: chunks leave a state behind each of their ends") {
  ScheduleTrace t = hybrid(ScheduleTrace::vllm(8));
  t.queue(18, 1, 18);
  CHECK(t.steps(3) == "A8 | A8 | A2");
  t.queue(18, 1, 12);  // behind eight tokens, not behind twelve
  CHECK(t.step() == "B8");
}

TEST_CASE("vLLM, align: a state cannot be used in the step that computes it: the next one waits for it") {
  ScheduleTrace t = hybrid();
  t.queue(10, 1, 8);
  t.queue(10, 1, 8);
  CHECK(t.steps(2) == "A8 | A2 B2");
}

TEST_CASE("vLLM, align: decoding keeps a state at each block's end, and holds the last one") {
  ScheduleTrace t = hybrid();
  auto& a = t.queue(6, 12);
  CHECK(t.steps(2) == "A4 | A2");
  // Two blocks of KV, the running state, and the one kept behind four tokens.
  CHECK(t.state.memory->used_blocks() == 4);
  CHECK(t.steps(2) == "A1 | A1");
  CHECK(a.sequence.kept_at == 2);
  CHECK(t.state.memory->used_blocks() == 4);         // the older one is no longer held,
  CHECK(t.state.memory->idle_cached_blocks() == 1);  // but can be found
  t.steps(9);
  CHECK(a.sequence.generated == 12);
  next_turn(t, a, 3);
  CHECK(t.step() == "B4");  // 17 tokens have KV; 16 fill blocks; of 21 the last full block ends at 20
}

TEST_CASE("vLLM, align: a state whose memory was reused is gone, though the KV is there") {
  ScheduleTrace t = hybrid(ScheduleTrace::vllm(32), 8);
  auto& a = t.queue(9, 1, 8);
  t.steps(2);  // three blocks of KV, two of state: what was kept goes before the KV
  std::vector<BlockId> other;
  REQUIRE(t.state.memory->allocate(3 + 2, other));
  CHECK(t.state.memory->match(a.keys) == 2);
  t.state.memory->release(other);
  t.queue(9, 1, 8);
  CHECK(t.step() == "B8");
}

TEST_CASE("vLLM, align: a state that a step will keep needs memory before the step is formed") {
  // A has four blocks of KV and two states, B one block and one state: of nine blocks one is left, which B's second
  // block takes at its fifth token. Its state behind eight tokens finds none.
  ScheduleTrace t = hybrid(ScheduleTrace::vllm(32), 9);
  auto& a = t.queue(13, 9);
  t.queue(3, 9);
  CHECK(t.steps(2) == "A12 B3 | A1 B1");
  CHECK(a.sequence.kept.size() == 1);
  CHECK(t.step() == "A1 -B");  // B's first state, behind four tokens, was kept with the last block but one
}

TEST_CASE("vLLM, all: prompts are not cut, and a state is kept behind each block") {
  ScheduleTrace t = hybrid(caching(StateCaching::all));
  t.queue(10, 1, 10);
  t.queue(3, 1);
  CHECK(t.step() == "A10 B3");
  t.queue(12, 1, 6);
  CHECK(t.step() == "C8");  // behind the first block
}

TEST_CASE("vLLM, all: each full block holds a state beside its KV") {
  ScheduleTrace t = hybrid(caching(StateCaching::all));
  t.queue(10, 5);
  t.step();
  CHECK(t.state.memory->used_blocks() == 3 + 1 + 2);
  t.steps(2);
  CHECK(t.state.memory->used_blocks() == 3 + 1 + 3);
}

TEST_CASE("vLLM, none: nothing is found again of a model with state, and prompts are not cut") {
  ScheduleTrace t = hybrid(caching(StateCaching::none));
  t.queue(10, 1, 8);
  CHECK(t.step() == "A10");
  t.queue(10, 1, 8);
  CHECK(t.step() == "B10");
}

TEST_CASE("SGLang: the state behind a finished answer is in the tree, and the next turn starts there") {
  ScheduleTrace t = hybrid(sglang());
  auto& a = t.queue(6, 3);
  CHECK(t.steps(3) == "A6 | A1 | A1");
  next_turn(t, a, 2);
  CHECK(t.step() == "B3");  // eight of eleven tokens have KV, and the state behind them was kept
}

TEST_CASE("SGLang: a prompt that parts from another before a kept state is computed as a whole") {
  ScheduleTrace t = hybrid(sglang());
  t.queue(10, 1, 10);
  t.step();
  t.queue(10, 1, 6);
  CHECK(t.step() == "B10");
}
