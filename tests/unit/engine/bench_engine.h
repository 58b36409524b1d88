#pragma once
// A replica on a hand-cranked clock, with a cost that is easy to add up.

#include <catch2/catch.hpp>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "sim/core/manual_kernel.h"
#include "sim/engine/replica.h"

namespace cleave {

/// A step takes 1 ms, 10 us for each prompt token, 100 us for each decode, and 1 ns for each token of context read.
class PlainCost final : public StepCostModel {
 public:
  [[nodiscard]] Duration step(const BatchShape& batch) const override {
    std::int64_t ns = 1'000'000 + 100'000 * batch.decodes + batch.decode_context.value();
    for (const PrefillChunk& chunk : batch.prefills) ns += 10'000 * chunk.tokens.value() + chunk.context.value();
    return Duration{ns};
  }
  void decode_steps(std::int64_t decodes, Tokens context, std::span<Duration> out) const override {
    for (std::size_t k = 0; k < out.size(); ++k) {
      out[k] = step({{}, decodes, context + Tokens{static_cast<std::int64_t>(k) * decodes}});
    }
  }
};

/// Requests that run on one replica, and what it told of them.
class BenchEngine final : public ReplicaListener {
 public:
  explicit BenchEngine(EngineParams engine = small(), std::optional<std::int64_t> kv_blocks = 64,
                       std::unique_ptr<StepCostModel> model = std::make_unique<PlainCost>(),
                       std::int64_t state_blocks = 0, std::int64_t kept_state_blocks = 0)
      : BenchEngine(params_of(engine, kv_blocks, state_blocks, kept_state_blocks), std::move(model)) {}
  explicit BenchEngine(const ReplicaParams& params,
                       std::unique_ptr<StepCostModel> model = std::make_unique<PlainCost>())
      : cost(std::move(model)), replica(params, *cost, kernel, *this) {}

  static ReplicaParams params_of(const EngineParams& engine, std::optional<std::int64_t> kv_blocks,
                                 std::int64_t state_blocks, std::int64_t kept_state_blocks) {
    ReplicaParams params;
    params.engine = engine;
    params.kv_blocks = kv_blocks;
    params.key_root = 7;
    params.state_blocks = state_blocks;
    params.kept_state_blocks = kept_state_blocks;
    return params;
  }

  static EngineParams small() {
    EngineParams params;
    params.block_size = Tokens{4};
    params.max_num_batched_tokens = Tokens{64};
    params.max_num_seqs = 8;
    return params;
  }

  struct Live {
    Request request;
    RequestRecord record;
    std::vector<BlockKey> keys;
    Sequence sequence;
  };

  /// A request whose prompt is `shared` tokens of a common text, then text of its own.
  Live& add(std::int64_t input, std::int64_t output, std::int64_t shared = 0) {
    Live& live = lives.emplace_back();
    const std::size_t number = lives.size() - 1;
    live.request.id = RequestId{number};
    live.request.arrival = kernel.now();
    live.request.input = Tokens{input};
    live.request.output = Tokens{output};
    if (shared > 0) append_span(live.request.prompt, {SegmentId::given(1), 0, static_cast<std::uint32_t>(shared)});
    if (input > shared) {
      append_span(live.request.prompt, {SegmentId::given(100 + number), 0, static_cast<std::uint32_t>(input - shared)});
    }
    live.record.id = live.request.id;
    live.sequence.request = &live.request;
    live.sequence.record = &live.record;
    live.sequence.keys = &live.keys;
    live.sequence.owner = static_cast<std::uint32_t>(number);
    live.sequence.known = input;
    live.sequence.cache_output = true;
    BlockKeyChain{7, replica.engine().block_size}.prompt_keys(live.request.prompt, live.keys);
    return live;
  }
  void enqueue_at(Live& live, Duration time) {
    live.request.arrival = TimePoint{time};
    kernel.at(TimePoint{time}, {Phase::arrival}, [this, &live] { replica.enqueue(live.sequence); });
  }

  void on_chunk(Sequence&, const PrefillChunk&, Duration) override {}
  void on_prefilled(Sequence& sequence) override { prefilled.push_back(sequence.owner); }
  void on_finished(Sequence& sequence) override {
    finished.push_back(sequence.owner);
    replica.release(sequence);
  }
  void on_token_gaps(ClassId, Duration gap, std::int64_t count, TimePoint at) override {
    gaps += count;
    gap_ns += gap.count() * count;
    if (at > last_gap) last_gap = at;
  }
  void on_blocks_freed() override {}

  ManualKernel kernel;
  std::unique_ptr<StepCostModel> cost;
  std::deque<Live> lives;
  std::vector<std::uint32_t> prefilled;
  std::vector<std::uint32_t> finished;
  std::int64_t gaps = 0;
  std::int64_t gap_ns = 0;
  TimePoint last_gap;
  Replica replica;
};

}  // namespace cleave
