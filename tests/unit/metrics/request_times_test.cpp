#include "sim/metrics/request_times.h"

#include <catch2/catch.hpp>

#include "sim/metrics/slo.h"
#include "tests/unit/metrics/request_fixture.h"

namespace cleave {
namespace {

using namespace std::chrono_literals;
using fixture::at_ms;
using fixture::completed;
using fixture::rejected;

TEST_CASE("the latencies of a request follow from its times") {
  const auto r = completed(0, 1000);
  CHECK(ttft_of(r) == 116ms);
  CHECK(tpot_of(r) == 20ms);
  CHECK(e2e_of(r) == 316ms);
  CHECK(queue_time_of(r) == 10ms);
}

TEST_CASE("TPOT is undefined below two tokens") {
  CHECK_FALSE(tpot_of(completed(0, 0, 1)).has_value());
  CHECK(tpot_of(completed(0, 0, 2)) == 20ms);
}

TEST_CASE("a rejected request has no latency") {
  const auto r = rejected(0, 0);
  CHECK_FALSE(ttft_of(r).has_value());
  CHECK_FALSE(tpot_of(r).has_value());
  CHECK_FALSE(e2e_of(r).has_value());
  CHECK_FALSE(queue_time_of(r).has_value());
}

TEST_CASE("the stages of a request add up to its end-to-end time") {
  auto r = completed(0, 0);
  auto stages = stages_of(r);
  CHECK(stages.queue == 10ms);
  CHECK(stages.prefill == 100ms);
  CHECK(stages.handoff == 5ms);
  CHECK(stages.decode == 201ms);

  r.kv_ready = at_ms(90);  // overlapped with the prefill: nothing is added
  stages = stages_of(r);
  CHECK(stages.handoff == 0ms);
  CHECK(stages.queue + stages.prefill + stages.handoff + stages.decode == e2e_of(r).value());

  r.kv_ready.reset();  // a mixed replica hands nothing off
  stages = stages_of(r);
  CHECK(stages.handoff == 0ms);
  CHECK(stages.decode == 206ms);

  r.kv_ready = at_ms(5000);  // moved after the only token was sent
  stages = stages_of(r);
  CHECK(stages.decode == 0ms);
  CHECK(stages.queue + stages.prefill + stages.handoff + stages.decode == e2e_of(r).value());
}

TEST_CASE("a request meets its SLO when it completes within every limit that is given") {
  const auto r = completed(0, 0);
  CHECK(meets({}, r));
  CHECK(meets({.ttft = 116ms, .tpot = 20ms, .e2e = 316ms}, r));
  CHECK_FALSE(meets({.ttft = 116ms - 1ns, .tpot = {}, .e2e = {}}, r));
  CHECK_FALSE(meets({.ttft = {}, .tpot = 20ms - 1ns, .e2e = {}}, r));
  CHECK_FALSE(meets({.ttft = {}, .tpot = {}, .e2e = 316ms - 1ns}, r));
  CHECK(meets({.ttft = {}, .tpot = 1ns, .e2e = {}}, completed(0, 0, 1)));
}

TEST_CASE("a request that did not complete never meets its SLO") {
  CHECK_FALSE(meets({}, rejected(0, 0)));
  auto r = completed(0, 0);
  r.outcome = Outcome::failed;
  CHECK_FALSE(meets({}, r));
}

}  // namespace

TEST_CASE("a request whose client left is judged by what came until then") {
  RequestRecord stopped = fixture::completed(0, 0, 11);
  stopped.outcome = Outcome::cancelled;
  stopped.output = Tokens{500};
  SloLimits limits;
  limits.ttft = std::chrono::milliseconds{116};
  limits.tpot = std::chrono::milliseconds{20};
  CHECK(meets(limits, stopped));
  limits.ttft = std::chrono::milliseconds{115};
  CHECK_FALSE(meets(limits, stopped));
  RequestRecord gave_up = stopped;
  gave_up.generated = Tokens{0};
  gave_up.first_token.reset();
  gave_up.last_token.reset();
  CHECK_FALSE(meets({}, gave_up));
  CHECK_FALSE(e2e_of(stopped));  // its end was not the answer's
}

}  // namespace cleave
