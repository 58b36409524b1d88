// What requests are beside their tokens and times: adapters, and clients that leave.
#include <catch2/catch.hpp>

#include <map>
#include <set>

#include "tests/unit/workload/drive.h"

using namespace cleave;
using namespace cleave::test;
using namespace std::chrono_literals;

namespace {

ClassParams sessions(std::string name) {
  ClassParams cls;
  cls.name = std::move(name);
  SyntheticParams traffic;
  traffic.arrivals = PoissonArrivals{RequestsPerSecond{10.0}};
  traffic.output = FixedLength{Tokens{100}};
  traffic.session = SessionParams{};
  traffic.session->turns = FixedLength{Tokens{3}};
  traffic.requests = 3000;
  cls.traffic = traffic;
  return cls;
}

std::vector<Request> requests_of(std::vector<ClassParams> classes, const Fate& fate = nullptr) {
  WorkloadParams params;
  params.classes = std::move(classes);
  return drive(
      *make_workload(params, RngBook{7}), [](const Request&) { return Duration{1s}; }, fate);
}

}  // namespace

TEST_CASE("a session keeps its adapter, sessions are spread over all, and classes have adapters of their own") {
  ClassParams first = sessions("first");
  ClassParams second = sessions("second");
  first.adapters = 4;
  second.adapters = 2;
  std::map<std::uint32_t, std::set<std::uint32_t>> of_session;
  std::map<std::uint32_t, int> used;
  std::set<std::uint32_t> of_first;
  std::set<std::uint32_t> of_second;
  for (const Request& request : requests_of({first, second, sessions("plain")})) {
    if (request.cls.index() == 2) {
      REQUIRE(request.adapter == 0);
      continue;
    }
    of_session[request.session.value()].insert(request.adapter);
    ++used[request.adapter];
    (request.cls.index() == 0 ? of_first : of_second).insert(request.adapter);
  }
  for (const auto& [session, adapters] : of_session) REQUIRE(adapters.size() == 1);
  CHECK(of_first == std::set<std::uint32_t>{1, 2, 3, 4});
  CHECK(of_second == std::set<std::uint32_t>{5, 6});
  for (const std::uint32_t adapter : of_first) CHECK(used[adapter] == Approx(750).epsilon(0.15));
}

TEST_CASE("patience is drawn with its mean, or always the same, and clients break off as large a share as was said") {
  ClassParams cls = sessions("chat");
  cls.client = {.patience = 2s, .exponential_patience = true, .stops_reading = 0.25};
  double sum = 0;
  int stopped = 0;
  double read = 0;
  const auto requests = requests_of({cls});
  for (const Request& request : requests) {
    sum += to_seconds(*request.patience);
    if (!request.stops_at) continue;
    ++stopped;
    REQUIRE(*request.stops_at >= Tokens{1});
    REQUIRE(*request.stops_at < request.output);
    read += static_cast<double>(request.stops_at->value());
  }
  CHECK(sum / 3000 == Approx(2.0).epsilon(0.08));
  CHECK(stopped == Approx(750).epsilon(0.1));
  CHECK(read / stopped == Approx(50).epsilon(0.08));
  cls.client.exponential_patience = false;
  for (const Request& request : requests_of({cls})) REQUIRE(request.patience == 2s);
}

TEST_CASE("clients that leave move no other draw, and their sessions end") {
  ClassParams leaving = sessions("chat");
  leaving.client = {.patience = 2s, .exponential_patience = true, .stops_reading = 0.5};
  const auto staying = requests_of({sessions("chat")});
  const auto all = requests_of({leaving});
  REQUIRE(staying.size() == all.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    REQUIRE(all[i].arrival == staying[i].arrival);
    REQUIRE(all[i].input == staying[i].input);
    REQUIRE_FALSE(staying[i].patience.has_value());
  }
  for (const Request& request : requests_of({leaving}, [](const Request&) { return Outcome::cancelled; })) {
    REQUIRE(request.turn == 0);
  }
}
