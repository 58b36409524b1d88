#include "sim/metrics/timeline.h"

#include <catch2/catch.hpp>

#include "tests/unit/metrics/request_fixture.h"

namespace cleave {
namespace {

using fixture::at_ms;

PoolSample waiting(std::int64_t count) {
  PoolSample sample;
  sample.waiting = count;
  return sample;
}

TEST_CASE("a short timeline keeps every sample in order") {
  Timeline timeline(100);
  for (int i = 0; i < 10; ++i) {
    for (std::size_t pool = 0; pool < 3; ++pool) timeline.add(at_ms(i), PoolId{pool}, waiting(i));
  }
  REQUIRE(timeline.rows().size() == 30);
  CHECK(timeline.stride() == 1);
  CHECK(timeline.rows()[29].time == at_ms(9));
  CHECK(timeline.rows()[29].pool == PoolId{2});
  CHECK(timeline.rows()[29].sample.waiting == 9);
}

TEST_CASE("a long timeline thins to whole ticks at equal intervals and stays within its limit") {
  Timeline timeline(100);
  for (int i = 0; i < 5000; ++i) {
    for (std::size_t pool = 0; pool < 3; ++pool) timeline.add(at_ms(10 * i), PoolId{pool}, waiting(i));
  }
  const auto& rows = timeline.rows();
  CHECK(rows.size() <= 102);
  REQUIRE(rows.size() >= 48);
  REQUIRE(rows.size() % 3 == 0);
  const auto stride = static_cast<int>(timeline.stride());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto tick = static_cast<int>(i / 3) * stride;
    CHECK(rows[i].pool == PoolId{i % 3});
    CHECK(rows[i].time == at_ms(10 * tick));
    CHECK(rows[i].sample.waiting == tick);
  }
}

}  // namespace
}  // namespace cleave
