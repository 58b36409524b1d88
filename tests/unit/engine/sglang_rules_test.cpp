// SGLang's schedule, one rule a case, written out by hand. Source: sglang/srt/managers/schedule_policy.py, scheduler.py
// and schedule_batch.py.
#include "sim/engine/rules.h"
#include "tests/unit/engine/schedule_trace.h"

using namespace cleave;

namespace {

EngineParams sglang(std::int64_t chunk = 16, std::int64_t page = 1) {
  EngineParams params;
  params.scheduler = SchedulerKind::prefill_first;
  params.kv_layout = KvLayout::radix;
  params.reserve = KvReservation::estimate;
  params.block_size = Tokens{page};
  params.max_num_batched_tokens = Tokens{chunk};
  params.max_prefill_tokens = Tokens{64};
  params.max_num_seqs = 8;
  return params;
}

EngineParams ordered(QueueOrder order) {
  EngineParams params = sglang(64);
  params.queue_order = order;
  params.max_num_seqs = 1;
  return params;
}

}  // namespace

// --- steps of prompts, steps of decodes ---

TEST_CASE("SGLang: prompts go first, alone; decoding waits while one can be admitted") {
  ScheduleTrace t{sglang()};
  t.queue(4, 4);
  CHECK(t.steps(2) == "A4 | A1");
  t.queue(5, 3);
  CHECK(t.steps(3) == "B5 | A1 B1 | A1 B1");
}

TEST_CASE("SGLang: a prompt above the chunk is split, its rest goes first in the next step, decoding waits") {
  ScheduleTrace t{sglang(8)};
  t.queue(3, 3);
  CHECK(t.step() == "A3");
  t.queue(20, 2);
  t.queue(2, 2);
  CHECK(t.steps(4) == "B8 | B8 | B4 C2 | A1 B1 C1");
}

TEST_CASE("SGLang: a chunk is cut to whole pages") {
  ScheduleTrace t{sglang(10, 4)};
  t.queue(20, 1);
  t.queue(3, 1);
  CHECK(t.steps(3) == "A8 | A10 | A2 B3");
}

TEST_CASE("SGLang: a second prompt joins only below max_prefill_tokens; the first may exceed it") {
  EngineParams params = sglang(1000);
  params.max_prefill_tokens = Tokens{12};
  ScheduleTrace t{params};
  t.queue(20, 1);
  t.queue(5, 1);
  t.queue(6, 1);
  t.queue(1, 1);
  CHECK(t.steps(3) == "A20 | B5 C6 | D1");  // one token is left for D, which is not below one
}

TEST_CASE("SGLang: no more than max_running_requests run, and nobody is tried again until one has left") {
  EngineParams params = sglang(32);
  params.max_num_seqs = 2;
  ScheduleTrace t{params};
  t.queue(2, 2);
  t.queue(2, 3);
  t.queue(2, 1);
  CHECK(t.steps(4) == "A2 B2 | A1 B1 | C2 | B1");
}

// --- "free + evictable >= extend + what the running may still write" ---

TEST_CASE("SGLang: admission counts a prompt, its whole permitted output and a page against the memory") {
  ScheduleTrace fits{sglang(64), 16};
  fits.queue(8, 6);  // 8 + 6 + 1 < 16
  CHECK(fits.step() == "A8");
  ScheduleTrace t{sglang(64), 30};
  t.queue(8, 6);
  t.queue(8, 7);  // 30 - 15 = 15 are left, and 8 + 7 + 1 is not below
  CHECK(t.steps(2) == "A8 | A1");
}

TEST_CASE("SGLang: of those who run, a share of what they may still write is counted") {
  EngineParams params = sglang(64);
  params.token_estimate.initial_ratio = 0.5;
  params.token_estimate.minimum_factor = 1.0;
  ScheduleTrace t{params, 40};
  t.queue(8, 21);
  CHECK(t.step() == "A8");
  // A may write 20 more: 10 are expected. 40 - 8 - 10 = 22 are left.
  t.queue(10, 12);  // 10 + 12 + 1 is not below 22
  CHECK(t.step() == "A1");
  ScheduleTrace other{params, 40};
  other.queue(8, 21);
  other.step();
  other.queue(10, 10);  // 21 is
  CHECK(other.step() == "B10");
}

TEST_CASE("SGLang: after a refusal for memory nobody is tried until somebody leaves") {
  ScheduleTrace t{sglang(64), 20};
  t.queue(8, 3);
  t.queue(8, 8);
  t.queue(1, 1);  // would fit, but B is in front and was refused
  CHECK(t.steps(3) == "A8 | A1 | A1");
  CHECK(t.step() == "B8");
}

TEST_CASE("SGLang: nobody is expected to write more than the clip") {
  EngineParams params = sglang(64);
  params.token_estimate.clip = Tokens{4};
  ScheduleTrace t{params, 24};
  t.queue(8, 1000);
  CHECK(t.step() == "A8");
}

TEST_CASE("SGLang: the new-token ratio decays linearly over 600 decode steps to 0.14 of its first value") {
  TokenRatio ratio{TokenEstimateParams{}};
  CHECK(ratio.value() == Approx(0.7));
  ratio.decay(300);
  CHECK(ratio.value() == Approx((0.7 + 0.098) / 2));
  ratio.decay(1000);
  CHECK(ratio.value() == Approx(0.098));
  ratio.reset();
  CHECK(ratio.value() == Approx(0.7));
}

TEST_CASE("SGLang: after a retraction the ratio is (written + 20 n) / (permitted + 1), at most 1") {
  TokenRatio ratio{TokenEstimateParams{}};
  ratio.after_retraction(100, 999, 5);
  CHECK(ratio.value() == Approx((100 + 20 * 5) / 1000.0));
  ratio.after_retraction(100, 99, 5);
  CHECK(ratio.value() == 1.0);
}

TEST_CASE("SGLang: a conservative schedule starts from a larger ratio, at most 1") {
  TokenEstimateParams params;
  params.conservativeness = 1.3;
  CHECK(TokenRatio{params}.value() == Approx(0.91));
  params.conservativeness = 2.0;
  CHECK(TokenRatio{params}.value() == 1.0);
}

// --- retraction ---

TEST_CASE("SGLang: victims have written least; among equals those with the longest prompt come first") {
  ScheduleTrace t{sglang()};
  for (const std::int64_t prompt : {5, 9, 7}) t.add(prompt, 10);
  t.lives[0].sequence.generated = 3;
  t.lives[1].sequence.generated = 3;
  t.lives[2].sequence.generated = 4;
  std::vector<Sequence*> running;
  for (auto& live : t.lives) running.push_back(&live.sequence);
  CHECK(retraction_order(running) == std::vector<std::size_t>{1, 0, 2});
}

TEST_CASE("SGLang: without memory to decode, victims go to the back of the queue until the others have 20 steps") {
  EngineParams params = sglang(64);
  params.token_estimate.initial_ratio = 0.0;
  params.token_estimate.retract_steps = 4;
  params.token_estimate.clip = Tokens{0};
  params.enable_prefix_caching = false;
  ScheduleTrace t{params, 14};
  t.queue(4, 20);
  t.queue(4, 20);
  t.queue(2, 20);
  // 10 tokens held; the first decode takes 3 of the 4 left, the second finds one for three.
  CHECK(t.steps(2) == "A4 B4 C2 | A1 B1 C1");
  t.queue(9, 1);  // waits: 9 + 1 are not below what is free
  // All have written two; A and B have the longest prompts, B was admitted later. It goes (5 back, 6 free), but two
  // sequences need 8 for four steps: A goes as well (11 free), and C has its four.
  CHECK(t.step() == "C1 -A -B");
  CHECK(t.waiting() == "DBA");
}

TEST_CASE("SGLang: a retracted sequence computes again what it had written, and loses no token") {
  EngineParams params = sglang(64);
  params.token_estimate.initial_ratio = 0.0;
  params.token_estimate.clip = Tokens{0};
  params.token_estimate.retract_steps = 2;
  params.enable_prefix_caching = false;
  ScheduleTrace t{params, 12};
  auto& a = t.queue(4, 5);
  auto& b = t.queue(4, 5);
  while (a.sequence.generated < 5 || b.sequence.generated < 5) REQUIRE(t.step() != "idle");
  CHECK(a.record.preemptions + b.record.preemptions >= 1);
  CHECK(t.state.memory->used_blocks() == 0);
}

// --- orders of the queue ---

TEST_CASE("SGLang: fcfs keeps the order of arrival") {
  ScheduleTrace t{ordered(QueueOrder::fcfs)};
  for (const std::int64_t prompt : {9, 3, 6}) t.queue(prompt, 1);
  CHECK(t.steps(3) == "A9 | B3 | C6");
}

TEST_CASE("SGLang: lpm takes the longest cached prefix first") {
  ScheduleTrace t{ordered(QueueOrder::lpm)};
  t.queue(60, 1, 50);
  t.step();
  t.queue(60, 1);          // nothing cached
  t.queue(60, 1, 40);      // 40
  t.queue(60, 1, 50);      // 50
  CHECK(t.steps(3) == "D10 | C20 | B60");
}

TEST_CASE("SGLang: lpm serves a queue of more than 128 in order of arrival") {
  for (const int others : {127, 128}) {
    ScheduleTrace t{ordered(QueueOrder::lpm)};
    t.queue(60, 1, 50);
    t.step();
    for (int i = 0; i < others; ++i) t.queue(2, 1);
    t.queue(60, 1, 50);
    const std::string first = t.step();
    CHECK(first == (others + 1 > 128 ? "B2" : t.lives.back().name + "10"));
  }
}

TEST_CASE("SGLang: of prompts with nothing cached that share 32 tokens only the first goes ahead") {
  ScheduleTrace t{ordered(QueueOrder::lpm)};
  t.queue(40, 1, 33, 1);
  t.queue(40, 1, 33, 1);  // held back: A computes what it shares
  t.queue(40, 1, 31, 2);
  t.queue(40, 1, 31, 2);  // shares less than 32
  CHECK(t.steps(4) == "A40 | B7 | C40 | D9");
  // Without the rule's first part B would have gone with A: here one runs at a time, so it shows in a wider batch.
  EngineParams wide = ordered(QueueOrder::lpm);
  wide.max_num_seqs = 8;
  wide.max_num_batched_tokens = Tokens{100};
  wide.max_prefill_tokens = Tokens{1000};
  ScheduleTrace w{wide};
  w.queue(40, 1, 33, 1);
  w.queue(40, 1, 33, 1);
  w.queue(40, 1);
  CHECK(w.step() == "A40 C40 B20");  // B last, cut to what is left
}

TEST_CASE("SGLang: dfs-weight goes depth first into the subtree with most waiting requests") {
  ScheduleTrace t{ordered(QueueOrder::dfs_weight)};
  t.queue(10, 1, 10, 1);
  t.queue(10, 1, 10, 2);
  t.steps(2);
  t.queue(12, 1, 10, 1);  // C: text 1
  t.queue(12, 1, 10, 2);  // D, E: text 2
  t.queue(12, 1, 10, 2);
  t.queue(12, 1);         // F: the root itself comes last
  CHECK(t.steps(4) == "D2 | E2 | C2 | F12");
}

TEST_CASE("SGLang: hrrn weighs what was computed meanwhile against what a request has to compute") {
  ScheduleTrace t{ordered(QueueOrder::hrrn)};
  t.queue(50, 1);      // A goes first: it alone is there
  t.wait(t.add(40, 1));  // B
  t.step();
  t.queue(5, 1);  // C came later and has waited for nothing yet
  t.queue(30, 1);  // D
  // A's 50 tokens over B's 40: 1.25. C and D: 0.
  CHECK(t.step() == "B40");
  // Now C has waited 40 / 5, D 40 / 30.
  CHECK(t.steps(2) == "C5 | D30");
}

TEST_CASE("SGLang: lof takes the longest permitted output first, shortest-prefill the shortest uncached prompt") {
  ScheduleTrace lof{ordered(QueueOrder::lof)};
  lof.queue(4, 1);
  lof.queue(4, 3);
  CHECK(lof.steps(2) == "B4 | B1");
  ScheduleTrace spf{ordered(QueueOrder::shortest_prefill)};
  spf.queue(9, 1);
  spf.queue(3, 1);
  spf.queue(6, 1);
  CHECK(spf.steps(3) == "B3 | C6 | A9");
}

// --- the tree and the schedule ---

TEST_CASE("SGLang: prompts are found to the token, and never as a whole") {
  ScheduleTrace t{sglang(64)};
  t.queue(11, 1, 11);
  t.step();
  t.queue(13, 1, 11);
  CHECK(t.step() == "B2");
  t.queue(11, 1, 11);
  CHECK(t.step() == "C1");
}

TEST_CASE("SGLang: two prompts of one step do not find each other; the second copy is dropped when they end") {
  ScheduleTrace t{sglang(64)};
  t.queue(11, 2, 10);
  t.queue(11, 2, 10);
  CHECK(t.step() == "A11 B11");
  // The common 10 tokens are in memory once, and the two last ones.
  CHECK(t.state.memory->used_blocks() == 12);
}

TEST_CASE("SGLang: a chunk is in the tree before its prompt is whole") {
  ScheduleTrace t{sglang(8)};
  t.queue(20, 1, 20);
  t.step();
  CHECK(t.state.memory->match(t.lives[0].keys) == 8);
}

TEST_CASE("SGLang: a finished answer is in the tree, but for its last token, which has no KV") {
  ScheduleTrace t{sglang(64)};
  auto& a = t.queue(6, 4);
  t.steps(4);
  auto& b = t.add(14, 1);
  b.request.prompt = a.request.prompt;
  append_span(b.request.prompt, {SegmentId::output_of(a.request.id), 0, 4});
  append_span(b.request.prompt, {SegmentId::given(300), 0, 4});
  t.wait(b);
  CHECK(t.step() == "B5");  // 6 + 3 are found
}

// --- PD: prealloc, transfer, waiting, running ---

TEST_CASE("SGLang: a sequence whose KV was delivered decodes with the others, without a step of its own") {
  ScheduleTrace t{sglang(64)};
  t.queue(4, 5);
  t.step();
  auto& b = t.add(6, 5);
  t.state.keys_of(b.sequence).prompt_keys(b.request.prompt, b.keys);
  REQUIRE(t.state.memory->allocate(6, b.sequence.blocks));
  b.sequence.held = 6;
  b.sequence.computed = 6;
  b.sequence.known = 7;
  b.sequence.generated = 1;
  push_waiting(t.state, QueueOrder::fcfs, b.sequence, TimePoint{});
  CHECK(t.step() == "A1 B1");
}

TEST_CASE("SGLang: a request whose adapter would be one too many is passed over") {
  EngineParams params = sglang(32);
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
