#include <catch2/catch.hpp>

#include "sim/app/kinds.h"
#include "sim/app/progress_line.h"
#include "sim/scenario/param_names.h"

namespace cleave {
namespace {

using namespace std::chrono_literals;

template <class Names>
void check_same_names(std::string_view kind, const Names& names) {
  const std::vector<Listed> rows = find_kind(kind).entries();
  INFO(kind);
  REQUIRE(rows.size() == names.size());
  for (std::size_t i = 0; i < rows.size(); ++i) CHECK(rows[i].name == names[i]);
}

TEST_CASE("progress says how many are done, how fast, and how long the rest takes") {
  CHECK(progress_line({250, kStartOfTime + 12s, 1000, {}}, 0.5) ==
        "250 of 1000 requests, 12 s simulated, 500 requests/s, 2 s left");
}

TEST_CASE("without a number of requests, the end of the traffic tells how long the rest takes") {
  CHECK(progress_line({250, kStartOfTime + 15s, {}, 60s}, 1.0) ==
        "250 requests, 15 s simulated, 250 requests/s, 3 s left");
  CHECK(progress_line({250, kStartOfTime + 61s, {}, 60s}, 1.0) ==
        "250 requests, 61 s simulated, 250 requests/s, 0 s left");
}

TEST_CASE("progress without an end in sight promises none") {
  CHECK(progress_line({250, kStartOfTime + 12s, {}, {}}, 0.5) == "250 requests, 12 s simulated, 500 requests/s");
  CHECK(progress_line({0, kStartOfTime, 1000, {}}, 0.5) == "0 of 1000 requests, 0 s simulated");
}

TEST_CASE("what the program lists is what scenarios accept") {
  check_same_names("arrivals", Alternatives<ArrivalParams>::names);
  check_same_names("lengths", Alternatives<LengthParams>::names);
  check_same_names("faults", Alternatives<FaultParams>::names);
  check_same_names("traces", names_of<TraceFormat>());
}

}  // namespace
}  // namespace cleave
