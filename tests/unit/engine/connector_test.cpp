// KV that lives elsewhere, through a fake connector. Source of the rules: vllm/v1/core/sched/scheduler.py and
// vllm/distributed/kv_transfer/kv_connector/v1.
#include "tests/unit/engine/bench_engine.h"

using namespace cleave;
using namespace std::chrono_literals;

namespace {

class FakeConnector final : public KvConnector {
 public:
  std::optional<ConnectorMatch> matched(const Sequence&, Tokens local) override {
    ++asked;
    if (!known) return std::nullopt;
    return ConnectorMatch{std::max(Tokens{0}, has - local), mode};
  }
  void allocated(Sequence& sequence, Tokens local, const ConnectorMatch& match) override {
    loads.push_back({&sequence, local, match.tokens});
    if (on_allocated) on_allocated(sequence);
  }
  std::int64_t meet(const Sequence& sequence, std::int64_t front, std::int64_t) override {
    return std::clamp(meets_at, front, sequence.gap->until);
  }
  bool step_begins(Duration) override { return std::exchange(step_waits, false); }
  void computed(const Sequence& sequence, Tokens tokens) override { saved.emplace_back(sequence.owner, tokens); }
  bool left(const Sequence&, HoldId hold) override {
    if (!delays) return false;
    holds.push_back(hold);
    return true;
  }
  [[nodiscard]] std::optional<Duration> lease() const override { return lease_time; }
  void expired(HoldId hold) override { ended.push_back(hold); }
  void forget(const Sequence& sequence) override { forgotten.push_back(sequence.owner); }
  [[nodiscard]] bool saves_output() const override { return saves_all; }

  struct Load {
    Sequence* sequence;
    Tokens local;
    Tokens tokens;
  };
  Tokens has{0};
  bool known = true;
  LoadMode mode = LoadMode::while_waiting;
  std::int64_t meets_at = 0;
  bool step_waits = false;
  bool delays = false;
  bool saves_all = false;
  std::optional<Duration> lease_time;
  int asked = 0;
  std::vector<Load> loads;
  std::vector<std::pair<std::uint32_t, Tokens>> saved;
  std::vector<HoldId> holds;
  std::vector<HoldId> ended;
  std::vector<std::uint32_t> forgotten;
  std::function<void(Sequence&)> on_allocated;
};

struct Bench {
  explicit Bench(EngineParams params = BenchEngine::small(), std::int64_t blocks = 64) : engine(params, blocks) {
    engine.replica.set_connector(connector);
  }
  FakeConnector connector;
  BenchEngine engine;
};

}  // namespace

TEST_CASE("an asynchronous load holds blocks, schedules no token, and lets the next one pass") {
  Bench bench;
  auto& first = bench.engine.add(20, 2);
  auto& second = bench.engine.add(8, 2);
  bench.connector.has = Tokens{16};
  bench.connector.on_allocated = [&](Sequence& sequence) {
    if (sequence.owner == 0) bench.connector.has = Tokens{0};  // nothing is stored for the other
  };
  bench.engine.enqueue_at(first, 0ms);
  bench.engine.enqueue_at(second, 0ms);
  bench.engine.kernel.at(TimePoint{1ns}, {Phase::decision}, [&] {
    CHECK(bench.engine.replica.pool().used_blocks() == 4 + 2);  // 16 tokens to load, 8 to compute
    CHECK(bench.engine.replica.running() == 1);
    CHECK(bench.engine.replica.waiting() == 1);
  });
  bench.engine.kernel.at(TimePoint{50ms}, {Phase::transfer},
                         [&] { bench.engine.replica.loaded(first.sequence, Tokens{16}); });
  bench.engine.kernel.run();
  CHECK(second.record.first_scheduled == TimePoint{0ms});
  CHECK(first.record.first_scheduled == TimePoint{50ms});
  // Four tokens are left to compute, behind sixteen.
  CHECK(first.record.first_token == TimePoint{50ms + 1ms + 40us + 16ns});
  CHECK(bench.connector.loads.size() == 1);
}

TEST_CASE("what a connector brings counts as found elsewhere, of sequences that were not pre-empted") {
  for (const std::uint32_t preemptions : {0U, 1U}) {
    INFO(preemptions);
    Bench bench;
    auto& first = bench.engine.add(20, 1);
    first.record.preemptions = preemptions;
    bench.connector.has = Tokens{16};
    bench.engine.enqueue_at(first, 0ms);
    bench.engine.kernel.at(TimePoint{5ms}, {Phase::transfer},
                           [&] { bench.engine.replica.loaded(first.sequence, Tokens{16}); });
    bench.engine.kernel.run();
    CHECK(bench.engine.replica.lookups().external_hits == (preemptions == 0 ? 16 : 0));
  }
}

TEST_CASE("what was loaded can be found by others") {
  Bench bench;
  auto& first = bench.engine.add(17, 1, 16);
  bench.connector.has = Tokens{16};
  bench.engine.enqueue_at(first, 0ms);
  bench.engine.kernel.at(TimePoint{5ms}, {Phase::transfer},
                         [&] { bench.engine.replica.loaded(first.sequence, Tokens{16}); });
  bench.engine.kernel.run();
  CHECK(bench.engine.replica.cached_prefix(first.keys) == Tokens{16});
}

TEST_CASE("of a prompt that was loaded as a whole the last token is computed here") {
  Bench bench;
  auto& live = bench.engine.add(16, 1);
  bench.connector.has = Tokens{16};
  bench.engine.enqueue_at(live, 0ms);
  bench.engine.kernel.at(TimePoint{5ms}, {Phase::transfer},
                         [&] { bench.engine.replica.loaded(live.sequence, Tokens{16}); });
  bench.engine.kernel.run();
  CHECK(bench.engine.replica.usage().tokens_computed == 1);
  CHECK(live.record.first_token == TimePoint{5ms + 1ms + 100us + 16ns});
}

TEST_CASE("a load that failed in part leaves the rest to be computed") {
  Bench bench;
  auto& live = bench.engine.add(20, 1);
  bench.connector.has = Tokens{16};
  bench.engine.enqueue_at(live, 0ms);
  bench.engine.kernel.at(TimePoint{5ms}, {Phase::transfer},
                         [&] { bench.engine.replica.loaded(live.sequence, Tokens{8}); });
  bench.engine.kernel.run();
  CHECK(bench.engine.replica.usage().tokens_computed == 12);
}

TEST_CASE("while a connector does not know what it has, the request is passed over and asked for again") {
  Bench bench;
  auto& first = bench.engine.add(8, 1);
  auto& second = bench.engine.add(8, 1);
  bench.connector.known = false;
  bench.engine.enqueue_at(first, 0ms);
  bench.engine.kernel.at(TimePoint{10ms}, {Phase::decision}, [&] {
    bench.connector.known = true;
    bench.engine.replica.ready(first.sequence);
  });
  bench.engine.enqueue_at(second, 20ms);
  bench.engine.kernel.run();
  CHECK(first.record.first_scheduled == TimePoint{10ms});
  CHECK(bench.connector.asked == 3);
}

TEST_CASE("a synchronous load overlaps the step layer by layer and can make it longer") {
  EngineParams params = BenchEngine::small();
  Bench bench{params};
  auto& live = bench.engine.add(20, 1);
  bench.connector.has = Tokens{16};
  bench.connector.mode = LoadMode::with_step;
  bench.connector.step_waits = true;
  bench.engine.enqueue_at(live, 0ms);
  // The step takes 1 ms + 4 * 10 us + 16 ns; its last layer, half of it, follows the load.
  const Duration step = 1040us + 16ns;
  bench.engine.kernel.at(TimePoint{3ms}, {Phase::transfer},
                         [&] { bench.engine.replica.step_loaded(TimePoint{3ms + step / 2}); });
  bench.engine.kernel.run();
  CHECK(live.record.first_scheduled == TimePoint{0ms});
  CHECK(live.record.first_token == TimePoint{3ms + 520us + 8ns});
  CHECK(bench.engine.replica.usage().tokens_computed == 4);
  CHECK(live.record.hit_prompt_kv == Tokens{16});
}

TEST_CASE("a load with the step that fails voids what the step computed, and the rest is computed after it") {
  Bench bench;
  auto& live = bench.engine.add(20, 1);
  bench.connector.has = Tokens{16};
  bench.connector.mode = LoadMode::with_step;
  bench.connector.step_waits = true;
  bench.engine.enqueue_at(live, 0ms);
  bench.engine.kernel.at(TimePoint{500us}, {Phase::transfer}, [&] {
    bench.engine.replica.step_load_failed(live.sequence, Tokens{8});
    bench.engine.replica.step_loaded(TimePoint{500us});
    CHECK(bench.engine.replica.pending_tokens() == 12);
  });
  bench.engine.kernel.run();
  CHECK(live.record.hit_prompt_kv == Tokens{8});
  // The first step ends as planned; then twelve tokens behind eight.
  CHECK(live.record.first_token == TimePoint{1040us + 16ns + 1120us + 8ns});
  CHECK(bench.engine.replica.pool().used_blocks() == 0);
}

TEST_CASE("cancelling the only request that a step loads for ends the step as planned") {
  Bench bench;
  auto& first = bench.engine.add(20, 1);
  auto& second = bench.engine.add(8, 1);
  bench.connector.has = Tokens{16};
  bench.connector.mode = LoadMode::with_step;
  bench.connector.step_waits = true;
  bench.engine.enqueue_at(first, 0ms);
  bench.engine.kernel.at(TimePoint{500us}, {Phase::decision}, [&] {
    bench.connector.has = Tokens{0};
    bench.engine.replica.abort(first.sequence);
    bench.engine.replica.step_loaded(TimePoint{500us});
  });
  bench.engine.enqueue_at(second, 600us);
  bench.engine.kernel.run();
  CHECK(bench.connector.forgotten == std::vector<std::uint32_t>{0});
  CHECK(second.record.first_scheduled == TimePoint{1040us + 16ns});
}

TEST_CASE("a prompt is computed from the front until it meets what is loaded from the back") {
  Bench bench;
  auto& live = bench.engine.add(36, 1);
  bench.connector.has = Tokens{32};
  bench.connector.mode = LoadMode::from_the_back;
  bench.connector.meets_at = 12;
  bench.engine.enqueue_at(live, 0ms);
  bench.engine.kernel.at(TimePoint{100us}, {Phase::transfer},
                         [&] { CHECK(bench.engine.replica.pool().used_blocks() == 8); });
  bench.engine.kernel.at(TimePoint{3ms}, {Phase::transfer},
                         [&] { bench.engine.replica.gap_filled(live.sequence, 12); });
  bench.engine.kernel.run();
  CHECK(bench.engine.replica.usage().tokens_computed == 12 + 4);
  CHECK(live.record.hit_prompt_kv == Tokens{20});
  // Twelve tokens from 0 ms on, then nothing until the load has come; then four behind thirty-two.
  CHECK(live.record.first_scheduled == TimePoint{0ms});
  CHECK(live.record.first_token == TimePoint{3ms + 1040us + 32ns});
  CHECK(bench.engine.replica.cached_prefix(live.keys) == Tokens{36});
}

TEST_CASE("of a load from the back that cannot be used nothing is taken, and of one that came further down all") {
  for (const bool usable : {false, true}) {
    Bench bench;
    auto& live = bench.engine.add(36, 1);
    bench.connector.has = Tokens{32};
    bench.connector.mode = LoadMode::from_the_back;
    bench.connector.meets_at = 12;
    bench.engine.enqueue_at(live, 0ms);
    bench.engine.kernel.at(TimePoint{500us}, {Phase::transfer}, [&] {
      bench.engine.replica.gap_filled(live.sequence, usable ? std::optional<std::int64_t>{4} : std::nullopt);
    });
    bench.engine.kernel.run();
    // Twelve were on their way already: what was loaded of them is loaded for nothing.
    CHECK(bench.engine.replica.usage().tokens_computed == (usable ? 12 + 4 : 36));
    CHECK(live.record.hit_prompt_kv == Tokens{usable ? 20 : 0});
  }
}

TEST_CASE(
    "a request that loads from the back and is cancelled, preempted or lost calls the load off and frees its memory") {
  Bench bench;
  auto& live = bench.engine.add(36, 1);
  bench.connector.has = Tokens{32};
  bench.connector.mode = LoadMode::from_the_back;
  bench.connector.meets_at = 12;
  bench.engine.enqueue_at(live, 0ms);
  const bool crashes = GENERATE(false, true);
  bench.engine.kernel.at(TimePoint{5ms}, {Phase::decision}, [&] {
    if (crashes)
      (void)bench.engine.replica.crash();
    else
      bench.engine.replica.abort(live.sequence);
  });
  bench.engine.kernel.run();
  CHECK(bench.connector.forgotten == std::vector<std::uint32_t>{0});
  CHECK(bench.engine.replica.pool().used_blocks() == 0);
  CHECK(bench.engine.replica.pending_tokens() == 0);
  CHECK_FALSE(live.sequence.gap.has_value());
}

TEST_CASE("what steps compute is offered for saving, prompts always and outputs where the connector wants them") {
  for (const bool outputs : {false, true}) {
    Bench bench;
    bench.connector.saves_all = outputs;
    auto& live = bench.engine.add(6, 4);
    bench.engine.enqueue_at(live, 0ms);
    bench.engine.kernel.run();
    CHECK(bench.connector.saved.front() == std::pair<std::uint32_t, Tokens>{0, Tokens{6}});
    CHECK(bench.connector.saved.size() == (outputs ? 4 : 1));
  }
}

TEST_CASE("blocks of a finished request stay until they have been read, and the memory counts as used meanwhile") {
  Bench bench;
  bench.connector.delays = true;
  auto& live = bench.engine.add(8, 1);
  bench.engine.enqueue_at(live, 0ms);
  bench.engine.kernel.at(TimePoint{20ms}, {Phase::transfer}, [&] {
    CHECK(bench.engine.replica.pool().used_blocks() == 2);
    bench.engine.replica.free_hold(bench.connector.holds.front());
    CHECK(bench.engine.replica.pool().used_blocks() == 0);
    bench.engine.replica.free_hold(bench.connector.holds.front());  // again: nothing
  });
  bench.engine.kernel.run();
  CHECK(bench.engine.finished.size() == 1);
}

TEST_CASE("a lease frees blocks that nobody came for, unless it is renewed") {
  Bench bench;
  bench.connector.delays = true;
  bench.connector.lease_time = 30s;
  auto& live = bench.engine.add(8, 1);
  bench.engine.enqueue_at(live, 0ms);
  const auto used = [&](Duration at, std::int64_t blocks) {
    bench.engine.kernel.at(TimePoint{at}, {Phase::observe},
                           [&, blocks] { CHECK(bench.engine.replica.pool().used_blocks() == blocks); });
  };
  bench.engine.kernel.at(TimePoint{20s}, {Phase::decision},
                         [&] { bench.engine.replica.renew_hold(bench.connector.holds.front()); });
  used(45s, 2);
  used(51s, 0);
  bench.engine.kernel.run();
  CHECK(bench.connector.ended == bench.connector.holds);
}

TEST_CASE("a request cancelled while its KV is loaded gives its blocks back and calls the load off") {
  Bench bench;
  auto& live = bench.engine.add(20, 1);
  bench.connector.has = Tokens{16};
  bench.engine.enqueue_at(live, 0ms);
  bench.engine.kernel.at(TimePoint{5ms}, {Phase::decision}, [&] { bench.engine.replica.abort(live.sequence); });
  bench.engine.kernel.run();
  CHECK(bench.connector.forgotten == std::vector<std::uint32_t>{0});
  CHECK(bench.engine.replica.pool().used_blocks() == 0);
  CHECK(bench.engine.replica.pending_tokens() == 0);
}
