// Schedules of Sarathi, Orca, TensorRT-LLM, FasterTransformer and vLLM V0, written out by hand.
#include "tests/unit/engine/schedule_trace.h"

using namespace cleave;

namespace {

EngineParams small(std::int64_t budget) {
  EngineParams params = ScheduleTrace::vllm(budget);
  params.enable_prefix_caching = false;
  return params;
}

}  // namespace

TEST_CASE("Sarathi: decodes come first, then prompts begun, then new ones, within the budget") {
  // Source: Agrawal et al., Sarathi-Serve (OSDI 2024), algorithm 3.
  EngineParams params = small(6);
  ScheduleTrace list_order{params};
  list_order.queue(12, 2);
  list_order.queue(2, 4);
  CHECK(list_order.steps(3) == "A6 | A6 | A1 B2");
  params.decodes_first = true;
  ScheduleTrace t{params};
  auto& a = t.queue(2, 6);
  t.queue(12, 2);
  t.queue(4, 2);
  CHECK(t.steps(4) == "A2 B4 | A1 B5 | A1 B3 C2 | A1 B1 C2");
  CHECK(a.sequence.generated == 4);
}

TEST_CASE("Orca: a prompt is one iteration, beside the decodes of others") {
  // Source: Yu et al., Orca (OSDI 2022), algorithm 1: selects by arrival, up to max_bs, and batches all phases.
  EngineParams params = small(1000);
  params.enable_chunked_prefill = false;
  params.reserve = KvReservation::output;
  params.max_num_seqs = 2;
  ScheduleTrace t{params};
  t.queue(20, 3);
  CHECK(t.step() == "A20");
  t.queue(100, 2);
  t.queue(5, 1);
  CHECK(t.steps(3) == "A1 B100 | A1 B1 | C5");
}

TEST_CASE("Orca: memory for the longest answer is promised at admission, so nobody is ever preempted") {
  EngineParams params = small(1000);
  params.enable_chunked_prefill = false;
  params.reserve = KvReservation::output;
  ScheduleTrace t{params, 5};
  t.queue(8, 5);  // 12 tokens of KV at its end: three blocks
  t.queue(4, 9);  // 12: three
  t.queue(4, 1);  // behind B, though it would fit
  CHECK(t.steps(6) == "A8 | A1 | A1 | A1 | A1 | B4 C4");
}

TEST_CASE("TensorRT-LLM, guaranteed_no_evict: who fits with what the others will still take is admitted") {
  // Source: cpp/tensorrt_llm/batch_manager/capacityScheduler.cpp.
  EngineParams params = small(64);
  params.reserve = KvReservation::output;
  ScheduleTrace t{params, 6};
  t.queue(8, 5);  // three blocks at its end
  t.queue(8, 5);
  t.queue(4, 1);
  CHECK(t.steps(2) == "A8 B8 | A1 B1");
  CHECK(t.waiting() == "C");
}

TEST_CASE("TensorRT-LLM, max_utilization: admitted as soon as the next step fits, the last one pauses when it does not") {
  EngineParams params = small(64);
  params.reserve = KvReservation::step;
  ScheduleTrace t{params, 5};
  t.queue(8, 5);
  t.queue(8, 5);
  t.queue(4, 1);
  CHECK(t.steps(3) == "A8 B8 C4 | A1 -B | A1");
}

TEST_CASE("the longest answer is what the client asked for, where that is told, and not the true length") {
  EngineParams params = small(64);
  params.reserve = KvReservation::output;
  params.max_output = Tokens{12};
  ScheduleTrace t{params, 6};
  t.queue(8, 2);  // 19 tokens of KV at the longest: five blocks
  t.queue(8, 2);
  CHECK(t.steps(3) == "A8 | A1 | B8");
}

TEST_CASE("static: nobody joins before everybody is done, and empty places are computed with") {
  // Source: Yu et al., Orca (OSDI 2022), section 2.
  EngineParams params = small(1000);
  params.scheduler = SchedulerKind::static_batch;
  params.max_num_seqs = 2;
  ScheduleTrace t{params};
  t.queue(4, 1);
  t.queue(6, 3);
  t.queue(4, 1);
  CHECK(t.steps(4) == "A4 B6 | B1 | B1 | C4");
  CHECK(t.state.batch_places == 1);
  ScheduleTrace places{params};
  places.queue(4, 1);
  places.queue(6, 3);
  places.steps(2);
  CHECK(places.state.batch_places == 2);  // A's place is still computed
}

TEST_CASE("vLLM V0: whole prompts make a step of their own as long as one is admitted, then everybody decodes") {
  // Source: vllm/core/scheduler.py (V0), _schedule_default: prefills are scheduled before decodes.
  EngineParams params = small(16);
  params.scheduler = SchedulerKind::prefill_first;
  params.enable_chunked_prefill = false;
  params.reserve = KvReservation::prompt;
  ScheduleTrace t{params};
  t.queue(10, 3);
  t.queue(10, 3);
  CHECK(t.steps(3) == "A10 | B10 | A1 B1");
  t.queue(4, 2);
  CHECK(t.steps(2) == "C4 | A1 B1 C1");
}

TEST_CASE("a client that stops reading ends its answer; memory was promised for the whole of it") {
  EngineParams params = ScheduleTrace::vllm(32);
  params.reserve = KvReservation::output;
  ScheduleTrace t{params, 4};
  auto& a = t.add(4, 9);  // twelve tokens with KV: three blocks
  a.request.stops_at = Tokens{2};
  t.wait(a);
  t.queue(4, 4);  // two blocks, which are there only when A has gone
  CHECK(t.steps(3) == "A4 | A1 | B4");
  CHECK(a.sequence.generated == 2);
}
