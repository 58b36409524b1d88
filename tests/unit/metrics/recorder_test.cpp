#include "sim/metrics/recorder.h"

#include <catch2/catch.hpp>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/metrics/request_fixture.h"

namespace cleave {
namespace {

using namespace std::chrono_literals;
using fixture::at_ms;
using fixture::completed;
using fixture::rejected;

RecorderParams two_classes(Duration warm_up = {}) {
  return {.classes = {{"chat", {.ttft = 200ms, .tpot = {}, .e2e = {}}}, {"batch", {}}},
          .pools = {"prefill", "decode"},
          .warm_up = warm_up};
}

/// Tells the recorder of a request and of the token gaps that its record implies.
void tell(Recorder& recorder, const RequestRecord& record) {
  for (std::int64_t i = 1; i < record.generated.value(); ++i) {
    recorder.inter_token_gap(record.cls, 20ms, 1, *record.first_token + i * Duration{20ms});
  }
  recorder.finished(record);
}

/// Whether `action` aborts, tried in a child process.
bool aborts(const std::function<void()>& action) {
  const pid_t child = fork();
  if (child == 0) {
    std::signal(SIGABRT, SIG_DFL);  // not the test framework's own handler
    if (freopen("/dev/null", "w", stderr) == nullptr) _exit(2);
    action();
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

TEST_CASE("results count every outcome, and all offered requests in SLO attainment") {
  Recorder recorder(two_classes());
  tell(recorder, completed(0, 0));
  tell(recorder, completed(1, 1000, 51));
  auto late = completed(2, 2000);
  late.first_token = at_ms(2201);
  late.last_token = at_ms(2401);
  tell(recorder, late);
  tell(recorder, rejected(3, 3000));
  recorder.check_conservation(4);
  const auto results = recorder.results();
  const auto& t = results.whole.tally;
  CHECK(t.requests.arrived == 4);
  CHECK(t.requests.completed == 3);
  CHECK(t.requests.rejected == 1);
  CHECK(t.met_slo == 2);
  CHECK(results.whole.slo_attainment == 0.5);
  // First arrival at 0, last event the rejected arrival at 3 s.
  CHECK(results.whole_window.seconds() == Approx(3.0));
  CHECK(results.whole.goodput.value() == Approx(2 / 3.0));
  CHECK(results.whole.request_throughput.value() == Approx(1.0));
  CHECK(results.whole.output_tokens_per_second.value() == Approx(73 / 3.0));
  CHECK(results.whole.ttft->count == 3);
  CHECK(results.whole.ttft->p50 == Approx(0.116));
  CHECK(results.whole.ttft->max == Approx(0.201));
  CHECK(results.whole.itl->count == 70);
  CHECK(results.whole.itl->mean == Approx(0.020));
}

TEST_CASE("the KV hit ratio is over the prompt tokens of requests that reached a batch") {
  Recorder recorder(two_classes());
  tell(recorder, completed(0, 0));
  tell(recorder, rejected(1, 0));
  const auto whole = recorder.results().whole;
  CHECK(whole.kv_hit_ratio.value() == Approx(0.2));
  CHECK(whole.tally.tokens.input == 2000);
  CHECK(whole.tally.tokens.input_admitted == 1000);
  CHECK(whole.tally.tokens.prefilled == 800);
  CHECK(whole.tally.tokens.hit_prompt_kv == 160);
  CHECK(whole.tally.tokens.hit_decode_kv == 40);
}

TEST_CASE("requests that arrive during warm-up are left out of the measured window alone") {
  Recorder recorder(two_classes(1500ms));
  tell(recorder, completed(0, 0, 101));  // runs from the warm-up into the window: 69 gaps end before 1.5 s
  tell(recorder, completed(1, 1500));
  tell(recorder, completed(2, 4000, 1));
  const auto results = recorder.results();
  CHECK(results.whole.tally.requests.arrived == 3);
  CHECK(results.measured.tally.requests.arrived == 2);
  CHECK(results.whole.ttft->count == 3);
  CHECK(results.measured.ttft->count == 2);
  CHECK(results.measured.tpot->count == 1);
  CHECK(results.measured_window.from == at_ms(1500));
  CHECK(results.measured_window.last_arrival == at_ms(4000));
  CHECK(results.measured_window.end == at_ms(4116));
  CHECK(results.whole_window.from == at_ms(0));
  CHECK(results.whole.itl->count == 110);
  CHECK(results.measured.itl->count == 110 - 69);
  CHECK(results.measured.goodput.value() == Approx(2 / 2.616));
}

TEST_CASE("classes are told apart and add up to the whole") {
  Recorder recorder(two_classes());
  tell(recorder, completed(0, 0));
  auto batch = completed(1, 100, 21);
  batch.cls = ClassId{1};
  tell(recorder, batch);
  const auto results = recorder.results();
  REQUIRE(results.classes.size() == 2);
  CHECK(results.classes[0].name == "chat");
  CHECK(results.classes[0].whole.tally.tokens.output == 11);
  CHECK(results.classes[1].whole.tally.tokens.output == 21);
  CHECK(results.classes[1].whole.itl->count == 20);
  CHECK(results.classes[0].whole.goodput.value() + results.classes[1].whole.goodput.value() ==
        Approx(results.whole.goodput.value()));
}

TEST_CASE("a run without requests has counts and nothing that is undefined") {
  const auto results = Recorder(two_classes()).results();
  CHECK(results.whole.tally.requests.arrived == 0);
  CHECK_FALSE(results.whole.ttft.has_value());
  CHECK_FALSE(results.whole.goodput.has_value());
  CHECK_FALSE(results.whole.slo_attainment.has_value());
  CHECK_FALSE(results.whole.stages.has_value());
}

TEST_CASE("results do not depend on the order in which requests end") {
  Recorder forward(two_classes()), backward(two_classes());
  for (std::size_t i = 0; i < 50; ++i) {
    tell(forward, completed(i, static_cast<std::int64_t>(i * i), 1 + static_cast<std::int64_t>(i)));
    const std::size_t j = 49 - i;
    tell(backward, completed(j, static_cast<std::int64_t>(j * j), 1 + static_cast<std::int64_t>(j)));
  }
  const auto a = forward.results().whole;
  const auto b = backward.results().whole;
  CHECK(a.e2e->mean == b.e2e->mean);
  CHECK(a.e2e->p99 == b.e2e->p99);
  CHECK(a.stages->decode == b.stages->decode);
  CHECK(a.itl->p95 == b.itl->p95);
}

TEST_CASE("a request that is missing, or ends twice, is caught") {
  Recorder recorder(two_classes());
  tell(recorder, completed(0, 0));
  CHECK_FALSE(aborts([&] { recorder.check_conservation(1); }));
  CHECK(aborts([&] { recorder.check_conservation(2); }));
  CHECK(aborts([&] { recorder.finished(completed(0, 0)); }));
}

TEST_CASE("token gaps that disagree with the records are caught") {
  Recorder too_few(two_classes());
  too_few.finished(completed(0, 0));
  CHECK(aborts([&] { too_few.check_conservation(1); }));

  Recorder too_long(two_classes());
  for (int i = 0; i < 10; ++i) too_long.inter_token_gap(ClassId{0}, i == 3 ? 20ms + 1ns : 20ms, 1);
  too_long.finished(completed(0, 0));
  CHECK(aborts([&] { too_long.check_conservation(1); }));
}

TEST_CASE("a record that contradicts itself is caught") {
  const auto refuses = [](const RequestRecord& record) {
    return aborts([&] { Recorder(two_classes()).finished(record); });
  };
  auto r = completed(0, 1000);
  CHECK_FALSE(refuses(r));
  r.generated = Tokens{10};
  CHECK(refuses(r));
  r = completed(0, 1000);
  r.hit_prompt_kv = Tokens{1001};
  CHECK(refuses(r));
  r = completed(0, 1000);
  r.first_token.reset();
  CHECK(refuses(r));
  r = completed(0, 1000);
  r.last_token = at_ms(1100);
  CHECK(refuses(r));
  r = completed(0, 1000);
  r.outcome = Outcome::rejected;
  CHECK(refuses(r));
}

struct Counting : RequestSink, DecisionSink {
  std::vector<RequestId> requests;
  std::vector<RequestId> decisions;
  void on_request(const RequestRecord& record) override { requests.push_back(record.id); }
  void on_decision(const DecisionRecord& record) override { decisions.push_back(record.request); }
};

TEST_CASE("attached sinks see every record once, in order") {
  Recorder recorder(two_classes());
  CHECK_FALSE(recorder.wants_decisions());
  Counting sink;
  recorder.attach(static_cast<RequestSink&>(sink));
  recorder.attach(static_cast<DecisionSink&>(sink));
  CHECK(recorder.wants_decisions());
  recorder.finished(completed(1, 0));
  recorder.finished(completed(0, 0));
  DecisionRecord decision;
  decision.request = RequestId{std::size_t{7}};
  recorder.decided(decision);
  CHECK(sink.requests == std::vector{RequestId{std::size_t{1}}, RequestId{std::size_t{0}}});
  CHECK(sink.decisions == std::vector{RequestId{std::size_t{7}}});
}

}  // namespace
}  // namespace cleave
