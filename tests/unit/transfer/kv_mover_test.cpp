#include "sim/transfer/kv_mover.h"

#include <catch2/catch.hpp>

#include <array>

#include "sim/core/manual_kernel.h"

using namespace cleave;
using namespace std::chrono_literals;

namespace {

struct Ended {
  TimePoint at;
  int count = 0;
  MovementEnd how = MovementEnd::delivered;
};

MovementId begin(KvMover& mover, ManualKernel& kernel, Ended& ended, const Movement& movement) {
  return mover.start(movement, [&](MovementEnd how) {
    ended.at = kernel.now();
    ended.how = how;
    ++ended.count;
  });
}

/// A gigabyte, which takes a second.
MovementId start(KvMover& mover, ManualKernel& kernel, Ended& ended, Duration setup = 1ms) {
  return begin(mover, kernel, ended, {PlaceId{0}, PlaceId{1}, Bytes{1'000'000'000}, setup});
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

TEST_CASE("what follows the flow delays the delivery, and a retry starts the flow again without the set-up") {
  ManualKernel kernel{BytesPerSecond{1e9}};
  TransferParams params;
  params.retry_timeout = 100ms;
  KvMover mover{kernel, params};
  Ended ended;
  Movement movement{PlaceId{0}, PlaceId{1}, Bytes{1'000'000'000}, 10ms};
  movement.after = 5ms;
  begin(mover, kernel, ended, movement);
  kernel.at(TimePoint{500ms}, {Phase::fault}, [&kernel] { kernel.finish(FlowId{0, 1}, FlowEnd::failed); });
  kernel.run();
  CHECK(ended.at == TimePoint{500ms + 100ms + 1000ms + 5ms});
  mover.check_idle();
}

TEST_CASE("the slower of producer and protocol bounds a flow, and the protocol still does when the producer is done") {
  ManualKernel kernel{BytesPerSecond{1e9}};
  KvMover mover{kernel, {}};
  Ended ended;
  Movement movement{PlaceId{0}, PlaceId{1}, Bytes{1'000'000'000}};
  movement.rate_cap = BytesPerSecond{0.25e9};
  movement.protocol_cap = BytesPerSecond{0.5e9};
  const MovementId id = begin(mover, kernel, ended, movement);
  kernel.at(TimePoint{2s}, {Phase::decision}, [&] { mover.set_rate_cap(id, std::nullopt); });
  kernel.run();
  CHECK(ended.at == TimePoint{3s});  // half of the bytes in two seconds, the other half in one
}

TEST_CASE("the first movement between two places connects them, and a lost connection is set up again") {
  ManualKernel kernel{BytesPerSecond{1e9}};
  KvMover mover{kernel, {}};
  Movement movement{PlaceId{0}, PlaceId{1}, Bytes{1'000'000}};
  movement.connect = 26ms;
  const auto took = [&] {
    Ended ended;
    const TimePoint before = kernel.now();
    begin(mover, kernel, ended, movement);
    kernel.run();
    return ended.at - before;
  };
  CHECK(took() == 27ms);
  CHECK(took() == 1ms);
  mover.disconnect(PlaceId{1});
  CHECK(took() == 27ms);
  CHECK(mover.counters().connections == 2);
}

TEST_CASE("a try that takes too long is stopped and repeated, at last given up") {
  ManualKernel kernel{BytesPerSecond{1e9}};
  TransferParams params;
  params.timeout = 300ms;
  params.retry_timeout = 100ms;
  params.max_retries = 1;
  KvMover mover{kernel, params};
  Ended ended;
  begin(mover, kernel, ended, {PlaceId{0}, PlaceId{1}, Bytes{1'000'000'000}});
  kernel.run();
  CHECK(ended.how == MovementEnd::gave_up);
  CHECK(ended.at == TimePoint{300ms + 100ms + 300ms});
  CHECK(mover.counters().timed_out == 2);
  CHECK(mover.counters().retried == 1);
  mover.check_idle();
}

TEST_CASE("a movement in time is not stopped by its timer") {
  ManualKernel kernel{BytesPerSecond{1e9}};
  TransferParams params;
  params.timeout = 2s;
  KvMover mover{kernel, params};
  Ended ended;
  begin(mover, kernel, ended, {PlaceId{0}, PlaceId{1}, Bytes{1'000'000'000}});
  kernel.run();
  CHECK(ended.how == MovementEnd::delivered);
  CHECK(mover.counters().timed_out == 0);
}

TEST_CASE("a receiver's buffer admits movements in order, and a cancelled one gives its share back") {
  ManualKernel kernel{BytesPerSecond{1e9}};
  TransferParams params;
  params.staging_limit = Bytes{1'000'000'000};
  KvMover mover{kernel, params};
  std::array<Ended, 4> ended;
  const auto bytes = [](double gigabytes) { return Bytes{static_cast<std::int64_t>(gigabytes * 1e9)}; };
  // 0.6 begins; 0.5 does not fit beside it; 0.1 would, but waits behind 0.5; the other receiver has its own buffer.
  begin(mover, kernel, ended[0], {PlaceId{0}, PlaceId{1}, bytes(0.6)});
  const MovementId second = begin(mover, kernel, ended[1], {PlaceId{0}, PlaceId{1}, bytes(0.5)});
  begin(mover, kernel, ended[2], {PlaceId{0}, PlaceId{1}, bytes(0.1)});
  begin(mover, kernel, ended[3], {PlaceId{0}, PlaceId{2}, bytes(0.2)});
  CHECK(mover.counters().waited_for_buffer == 2);
  kernel.at(TimePoint{100ms}, {Phase::decision}, [&] { mover.cancel(second); });
  kernel.run();
  CHECK(ended[0].at == TimePoint{600ms});
  CHECK(ended[1].count == 0);
  CHECK(ended[2].at == TimePoint{200ms});  // from the moment at which the one before it left the line
  CHECK(ended[3].at == TimePoint{200ms});
  mover.check_idle();
}

TEST_CASE("a movement larger than the buffer has all of it") {
  ManualKernel kernel{BytesPerSecond{1e9}};
  TransferParams params;
  params.staging_limit = Bytes{1'000'000};
  KvMover mover{kernel, params};
  Ended first, second;
  begin(mover, kernel, first, {PlaceId{0}, PlaceId{1}, Bytes{1'000'000'000}});
  begin(mover, kernel, second, {PlaceId{0}, PlaceId{1}, Bytes{1'000'000}});
  kernel.run();
  CHECK(first.at == TimePoint{1s});
  CHECK(second.at == TimePoint{1s + 1ms});
  mover.check_idle();
}

TEST_CASE("through a store, bytes are written and then read") {
  ManualKernel kernel{BytesPerSecond{1e9}};
  KvMover mover{kernel, {}};
  Ended ended;
  Movement movement{PlaceId{0}, PlaceId{1}, Bytes{1'000'000'000}, 20ms};
  movement.after = 1ms;
  movement.via = Relay{PlaceId{2}, 150ms, 2ms, BytesPerSecond{0.5e9}};
  begin(mover, kernel, ended, movement);
  kernel.run();
  CHECK(ended.at == TimePoint{20ms + 1s + 2ms + 150ms + 2s + 1ms});
  CHECK(mover.counters().bytes_delivered == 2'000'000'000);
  mover.check_idle();
}
