#pragma once
// Schedules of one engine, step by step, as text: "A4 B1" is a step of four tokens of A and one of B; "-B" says that B
// lost its KV while it was formed. Steps are separated by " | "; an empty one is "idle".

#include <catch2/catch.hpp>
#include <deque>
#include <map>
#include <string>

#include "sim/engine/batch.h"
#include "sim/engine/scheduler.h"

namespace cleave {

class ScheduleTrace {
 public:
  struct Live {
    Request request;
    RequestRecord record;
    std::vector<BlockKey> keys;
    Sequence sequence;
    std::string name;
  };

  explicit ScheduleTrace(const EngineParams& engine, std::optional<std::int64_t> blocks = 1000)
      : params(engine), scheduler(make_scheduler(engine)) {
    state.memory = make_kv_memory(engine, blocks);
    state.block_size = engine.block_size;
    state.key_root = 7;
    state.state_caching = engine.state_caching;
  }

  /// vLLM with blocks of four and a budget that hand-written schedules can follow.
  static EngineParams vllm(std::int64_t budget = 16, std::int64_t seqs = 8) {
    EngineParams params;
    params.block_size = Tokens{4};
    params.max_num_batched_tokens = Tokens{budget};
    params.max_num_seqs = seqs;
    return params;
  }

  /// A waiting request; `shared` tokens of its prompt are those of text number `text`.
  Live& add(std::int64_t input, std::int64_t output, std::int64_t shared = 0, std::uint64_t text = 1) {
    Live& live = lives.emplace_back();
    const std::size_t number = lives.size() - 1;
    live.name = std::string(1, static_cast<char>('A' + number % 26));
    live.request.id = RequestId{number};
    live.request.arrival = TimePoint{Duration{static_cast<std::int64_t>(number)}};
    live.request.input = Tokens{input};
    live.request.output = Tokens{output};
    if (shared > 0) append_span(live.request.prompt, {SegmentId::given(text), 0, static_cast<std::uint32_t>(shared)});
    if (input > shared) {
      append_span(live.request.prompt, {SegmentId::given(100 + number), 0, static_cast<std::uint32_t>(input - shared)});
    }
    live.sequence.request = &live.request;
    live.sequence.record = &live.record;
    live.sequence.keys = &live.keys;
    live.sequence.owner = static_cast<std::uint32_t>(number);
    live.sequence.known = input;
    live.sequence.cache_output = true;
    return live;
  }
  /// Puts it into the queue.
  Live& wait(Live& live) {
    state.keys_of(live.sequence).prompt_keys(live.request.prompt, live.keys);
    push_waiting(state, params.queue_order, live.sequence, now());
    return live;
  }
  Live& queue(std::int64_t input, std::int64_t output, std::int64_t shared = 0, std::uint64_t text = 1) {
    return wait(add(input, output, shared, text));
  }

  /// Forms a step and computes it.
  std::string step() {
    std::map<std::uint32_t, std::uint32_t> before;
    for (const Live& live : lives) before[live.sequence.owner] = live.record.preemptions;
    batch.clear();
    scheduler->form(state, now(), batch);
    std::string text;
    for (const BatchEntry& entry : batch) text += name(*entry.sequence) + std::to_string(entry.tokens) + " ";
    for (const Live& live : lives) {
      if (live.record.preemptions > before[live.sequence.owner]) text += "-" + live.name + " ";
    }
    for (const BatchEntry& entry : batch) finish(entry);
    ++steps_;
    if (text.empty()) return "idle";
    text.pop_back();
    return text;
  }
  std::string steps(int count) {
    std::string text;
    for (int i = 0; i < count; ++i) text += (i > 0 ? " | " : "") + step();
    return text;
  }

  [[nodiscard]] std::string waiting() const {
    std::string text;
    for (const Sequence* s : state.waiting) text += lives[s->owner].name;
    return text;
  }
  [[nodiscard]] std::string running() const {
    std::string text;
    for (const Sequence* s : state.running) text += lives[s->owner].name;
    return text;
  }
  [[nodiscard]] std::int64_t free() const { return state.memory->free_blocks(); }

  EngineParams params;
  EngineState state;
  std::unique_ptr<Scheduler> scheduler;
  std::deque<Live> lives;
  std::vector<BatchEntry> batch;

 private:
  [[nodiscard]] TimePoint now() const { return TimePoint{Duration{1000 * steps_}}; }
  [[nodiscard]] std::string name(const Sequence& s) const { return lives[s.owner].name; }

  void finish(const BatchEntry& entry) {
    Sequence& s = *entry.sequence;
    s.flying -= entry.tokens;
    s.computed += entry.tokens - entry.drafts;
    if (entry.tokens > 1) state.prefilled += static_cast<std::uint64_t>(entry.tokens);
    if (!state.memory->publishes_early()) seal_full_blocks(state, s, s.computed);
    if (!entry.yields) return;
    s.flying_outputs -= 1 + entry.drafts;
    ++s.generated;
    ++s.known;
    if (s.generated < s.target()) return;
    std::erase(state.running, &s);
    if (!state.memory->publishes_early()) seal_full_blocks(state, s, s.computed);
    for (std::vector<BlockId>* held : {&s.state, &s.kept, &s.blocks}) state.memory->release(*held);
    s.held = s.kept_at = 0;
    scheduler->left_running();
  }

  std::int64_t steps_ = 0;
};

}  // namespace cleave
