// Layer-wise pipelines, by hand.
#include "sim/transfer/arrival_curve.h"

#include <catch2/catch.hpp>

#include "sim/core/manual_kernel.h"
#include "sim/transfer/kv_mover.h"

using namespace cleave;
using namespace std::chrono_literals;

namespace {

ArrivalCurve steady(Duration first, Duration last, double bytes) {
  ArrivalCurve curve;
  curve.begin(TimePoint{first});
  curve.add(TimePoint{last}, bytes);
  return curve;
}

}  // namespace

TEST_CASE("bytes that arrive evenly are there in proportion, and points between say when rates changed") {
  ArrivalCurve curve = steady(10ms, 20ms, 1000);
  curve.add(TimePoint{60ms}, 2000);
  CHECK(curve.reached(0) == TimePoint{10ms});
  CHECK(curve.reached(500) == TimePoint{15ms});
  CHECK(curve.reached(1000) == TimePoint{20ms});
  CHECK(curve.reached(1500) == TimePoint{40ms});
  CHECK(curve.reached(2000) == TimePoint{60ms});
}

TEST_CASE("where compute hides the load, only the set-up and the first layer's bytes are waited for") {
  // t0 = 6 ms, four layers of 1 ms each to load; 20 ms of compute, 5 ms a layer: finish(k) = max(finish(k-1), arrival)
  // + 5 ms.
  const ArrivalCurve load = steady(6ms, 10ms, 4000);
  CHECK(layerwise_end(TimePoint{0ms}, 20ms, 4, load, Bytes{4000}) == TimePoint{6ms + 1ms + 20ms});
}

TEST_CASE("where the load is slower than compute, only the last layer is computed after it") {
  // A layer arrives every 8 ms from 6 ms on, and takes 5 ms to compute: 14, 22, 30, 38 ms, and 5 ms more.
  const ArrivalCurve load = steady(6ms, 38ms, 4000);
  CHECK(layerwise_end(TimePoint{0ms}, 20ms, 4, load, Bytes{4000}) == TimePoint{38ms + 5ms});
}

TEST_CASE("a load that is slow in the middle is waited for there: exposed is the sum of what each layer waits") {
  // Arrivals 2, 4, 18, 20 ms against 5 ms of compute a layer. Layers end at 7, 12, 23, 28: exposed is 2 + 0 + 6 + 0.
  ArrivalCurve load = steady(0ms, 4ms, 2000);
  load.add(TimePoint{16ms}, 2000);
  load.add(TimePoint{20ms}, 4000);
  CHECK(layerwise_end(TimePoint{0ms}, 20ms, 4, load, Bytes{4000}) == TimePoint{28ms});
}

TEST_CASE("a load that was there before the step began prolongs nothing") {
  CHECK(layerwise_end(TimePoint{50ms}, 20ms, 4, steady(0ms, 10ms, 4000), Bytes{4000}) == TimePoint{70ms});
}

namespace {

struct Run {
  ManualKernel kernel{BytesPerSecond{1e9}};
  KvMover mover{kernel, {}};
  std::optional<TimePoint> ended;

  MovementId start(const Movement& movement) {
    return mover.start(movement, [this](MovementEnd) { ended = kernel.now(); });
  }
};

const Movement kGigabyte{PlaceId{0}, PlaceId{1}, Bytes{1'000'000'000}, 100ms};

}  // namespace

TEST_CASE(
    "a movement tells how its bytes arrived: from its set-up and the route's latency on, and where its rate changed") {
  Run run;
  ArrivalCurve curve;
  Movement movement = kGigabyte;
  movement.arrivals = &curve;
  movement.latency = 5ms;
  const MovementId id = run.start(movement);
  run.kernel.at(TimePoint{600ms}, {Phase::decision}, [&] { run.mover.set_rate_cap(id, BytesPerSecond{0.25e9}); });
  run.kernel.run();
  CHECK(run.ended == TimePoint{600ms + 2000ms});
  CHECK(curve.reached(500e6) == TimePoint{600ms});
  CHECK(curve.reached(750e6) == TimePoint{1600ms});
  CHECK(curve.reached(1e9) == *run.ended);
  CHECK(curve.reached(0) == TimePoint{105ms});
}

TEST_CASE("a movement that is cut ends when the bytes it is cut to have arrived") {
  Run run;
  const MovementId id = run.start(kGigabyte);
  run.kernel.at(TimePoint{300ms}, {Phase::decision}, [&] {
    CHECK(run.mover.arrived(id) == Bytes{200'000'000});
    run.mover.retarget(id, Bytes{600'000'000});
    CHECK(run.mover.arrived(id) == Bytes{200'000'000});
  });
  run.kernel.run();
  CHECK(run.ended == TimePoint{700ms});
  CHECK(run.mover.counters().bytes_delivered == 600'000'000);
  run.mover.check_idle();
}

TEST_CASE("cut below what has arrived a movement ends at once, and can be extended before its end") {
  Run run;
  const MovementId first = run.start(kGigabyte);
  run.kernel.at(TimePoint{300ms}, {Phase::decision}, [&] { run.mover.retarget(first, Bytes{100'000'000}); });
  run.kernel.run();
  CHECK(run.ended == TimePoint{300ms});
  CHECK(run.mover.counters().bytes_delivered == 200'000'000);

  Run longer;
  const MovementId second = longer.start(kGigabyte);
  longer.kernel.at(TimePoint{300ms}, {Phase::decision}, [&] { longer.mover.retarget(second, Bytes{2'000'000'000}); });
  longer.kernel.run();
  CHECK(longer.ended == TimePoint{2100ms});

  Run before;
  const MovementId third = before.start(kGigabyte);
  before.mover.retarget(third, Bytes{1'000'000});
  before.kernel.run();
  CHECK(before.ended == TimePoint{101ms});
}
