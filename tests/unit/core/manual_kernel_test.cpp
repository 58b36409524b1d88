#include "sim/core/manual_kernel.h"

#include <catch2/catch.hpp>

using namespace cleave;
using namespace std::chrono_literals;

TEST_CASE("a flow by hand lasts bytes over rate and follows a changed cap") {
  ManualKernel kernel{BytesPerSecond{1e9}};
  TimePoint end{};
  const FlowId flow = kernel.transfer({PlaceId{0}, PlaceId{1}, Bytes{1'000'000'000}, BytesPerSecond{5e8}},
                                      [&](FlowEnd) { end = kernel.now(); });
  kernel.at(TimePoint{1s}, {Phase::decision}, [&] {
    CHECK(kernel.remaining(flow) == Bytes{500'000'000});
    kernel.set_rate_cap(flow, std::nullopt);
  });
  kernel.run();
  CHECK(end == TimePoint{1500ms});
}

TEST_CASE("has_passed compares time, phase and rank with the running event") {
  ManualKernel kernel;
  bool checked = false;
  kernel.at(TimePoint{5ns}, {Phase::step, 3}, [&] {
    CHECK(kernel.has_passed(TimePoint{4ns}, {Phase::observe}));
    CHECK(kernel.has_passed(TimePoint{5ns}, {Phase::arrival}));
    CHECK(kernel.has_passed(TimePoint{5ns}, {Phase::step, 2}));
    CHECK_FALSE(kernel.has_passed(TimePoint{5ns}, {Phase::step, 4}));
    CHECK_FALSE(kernel.has_passed(TimePoint{6ns}, {Phase::fault}));
    checked = true;
  });
  kernel.run();
  CHECK(checked);
}
