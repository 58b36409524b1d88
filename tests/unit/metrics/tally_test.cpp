#include "sim/metrics/tally.h"

#include <catch2/catch.hpp>
#include <cstdint>

#include "sim/metrics/request_times.h"
#include "tests/unit/metrics/request_fixture.h"

namespace cleave {
namespace {

using namespace std::chrono_literals;

/// A request with something to count in every field, of any outcome in turn.
RequestRecord varied(std::size_t i) {
  if (i % 4 == 1) return fixture::rejected(i, static_cast<std::int64_t>(i));
  auto r = fixture::completed(i, static_cast<std::int64_t>(i), 3 + static_cast<std::int64_t>(i));
  r.recomputed = Tokens{7};
  r.preemptions = 2;
  r.retries = 1;
  if (i % 4 == 0) return r;
  r.outcome = i % 4 == 2 ? Outcome::failed : Outcome::unfinished;
  r.output += Tokens{5};
  return r;
}

TEST_CASE("a tally counts every field of a record") {
  Tally t;
  t.add(varied(0), {.ttft = 116ms, .tpot = {}, .e2e = {}});  // completed, 3 tokens, 20 ms apart
  CHECK(t.requests == OutcomeCounts{.arrived = 1, .completed = 1});
  CHECK(t.met_slo == 1);
  CHECK(t.tokens == TokenCounts{.input = 1000,
                                .output = 3,
                                .output_requested = 3,
                                .input_admitted = 1000,
                                .hit_prompt_kv = 160,
                                .hit_decode_kv = 40,
                                .prefilled = 800,
                                .recomputed = 7});
  CHECK(
      (t.stages == StageSums{.queue = 10'000'000, .prefill = 100'000'000, .handoff = 5'000'000, .decode = 41'000'000}));
  CHECK(t.transferred == 4096);
  CHECK(t.preemptions == 2);
  CHECK(t.retries == 1);
  CHECK(t.gaps == 2);
  CHECK((t.gap_time == 40'000'000));
}

TEST_CASE("requests that did not complete count in outcomes and tokens, not in stages") {
  for (std::size_t i = 1; i < 4; ++i) {
    Tally t;
    t.add(varied(i), {});
    CHECK(t.requests.arrived == 1);
    CHECK(t.requests.completed == 0);
    CHECK(t.requests.rejected + t.requests.failed + t.requests.unfinished == 1);
    CHECK(t.met_slo == 0);
    CHECK(t.tokens.input == 1000);
    CHECK((t.stages == StageSums{}));
  }
}

TEST_CASE("tallies of parts add up to the tally of the whole, in every field") {
  Tally whole, even, odd;
  for (std::size_t i = 0; i < 40; ++i) {
    whole.add(varied(i), {});
    (i / 4 % 2 == 0 ? even : odd).add(varied(i), {});
  }
  CHECK_FALSE((even == odd));
  even += odd;
  CHECK((even == whole));
}

}  // namespace
}  // namespace cleave
