#include "sim/transfer/kv_mover.h"

#include <catch2/catch.hpp>

#include "sim/core/manual_kernel.h"

using namespace cleave;
using namespace std::chrono_literals;

namespace {

struct Ended {
  TimePoint at;
  int count = 0;
  MovementEnd how = MovementEnd::delivered;
};

MovementId start(KvMover& mover, ManualKernel& kernel, Ended& ended, Duration setup = 1ms) {
  return mover.start({PlaceId{0}, PlaceId{1}, Bytes{1'000'000'000}, setup, std::nullopt}, [&](MovementEnd how) {
    ended.at = kernel.now();
    ended.how = how;
    ++ended.count;
  });
}

}  // namespace

TEST_CASE("a movement lasts its set-up and its flow") {
  ManualKernel kernel{BytesPerSecond{1e9}};
  KvMover mover{kernel, {}};
  Ended ended;
  start(mover, kernel, ended);
  kernel.run();
  CHECK(ended.count == 1);
  CHECK(ended.at == TimePoint{1001ms});
  CHECK(mover.counters().bytes_delivered == 1'000'000'000);
  mover.check_idle();
}

TEST_CASE("a failed flow is tried again from its first byte, and at last given up") {
  ManualKernel kernel{BytesPerSecond{1e9}};
  TransferParams params;
  params.max_retries = 2;
  params.retry_timeout = 100ms;
  KvMover mover{kernel, params};
  Ended ended;
  start(mover, kernel, ended, 0ms);
  // Flows are numbered as they start: 0 at once, 1 and 2 after a time-out each.
  for (std::uint32_t i = 0; i < 3; ++i) {
    kernel.at(TimePoint{50ms + 150ms * i}, {Phase::fault}, [&kernel, i] {
      kernel.finish(FlowId{i, 1}, FlowEnd::failed);
    });
  }
  kernel.run();
  CHECK(ended.count == 1);
  CHECK(ended.how == MovementEnd::gave_up);
  CHECK(ended.at == TimePoint{350ms});
  CHECK(mover.counters().retried == 2);
  mover.check_idle();
}

TEST_CASE("a cancelled movement is never reported, whether it is setting up or flowing") {
  ManualKernel kernel{BytesPerSecond{1e9}};
  KvMover mover{kernel, {}};
  Ended early, late;
  const MovementId first = start(mover, kernel, early, 10ms);
  const MovementId second = start(mover, kernel, late, 0ms);
  kernel.at(TimePoint{5ms}, {Phase::decision}, [&] { mover.cancel(first); });
  kernel.at(TimePoint{6ms}, {Phase::decision}, [&] { mover.cancel(second); });
  kernel.run();
  CHECK(early.count == 0);
  CHECK(late.count == 0);
  CHECK(mover.counters().cancelled == 2);
  mover.check_idle();
}
