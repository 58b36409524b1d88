#include <catch2/catch.hpp>

#include <type_traits>

#include "models/units/keys.h"
#include "models/units/units.h"

namespace cleave {
namespace {

template <class A, class B>
concept Addable = requires(A a, B b) {
  a + b;
};
template <class A, class B>
concept Comparable = requires(A a, B b) {
  a < b;
};

TEST_CASE("unlike quantities and ids do not mix") {
  STATIC_REQUIRE(Addable<Bytes, Bytes>);
  STATIC_REQUIRE_FALSE(Addable<Bytes, Tokens>);
  STATIC_REQUIRE_FALSE(Addable<Watts, Usd>);
  STATIC_REQUIRE_FALSE(Comparable<Bytes, Tokens>);
  STATIC_REQUIRE_FALSE(Comparable<ReplicaId, PoolId>);
  STATIC_REQUIRE_FALSE(std::is_convertible_v<std::int64_t, Bytes>);
  STATIC_REQUIRE_FALSE(std::is_convertible_v<Bytes, std::int64_t>);
}

TEST_CASE("rounding says which way it goes") {
  CHECK(nearest_nanosecond(1.4e-9) == Duration{1});
  CHECK(nearest_nanosecond(1.5e-9) == Duration{2});
  CHECK(next_nanosecond(1.1e-9) == Duration{2});
  CHECK(next_nanosecond(2e-9) == Duration{2});
  CHECK(blocks_needed(Tokens{33}, Tokens{16}) == 3);
  CHECK(blocks_needed(Tokens{32}, Tokens{16}) == 2);
  CHECK(blocks_needed(Tokens{0}, Tokens{16}) == 0);
  CHECK(full_blocks(Tokens{33}, Tokens{16}) == 2);
}

TEST_CASE("times, work and money follow from rates") {
  CHECK(seconds_to_move(Bytes{100}, BytesPerSecond{50}) == 2.0);
  CHECK(seconds_to_compute(Flops{1e12}, FlopsPerSecond{2e12}) == 0.5);
  CHECK(cost_of(UsdPerHour{3.6}, std::chrono::seconds{1000}).value() == Approx(1.0));
  CHECK(ratio(Bytes{1}, Bytes{4}) == 0.25);
}

TEST_CASE("a given segment is never an output segment") {
  CHECK(SegmentId::output_of(RequestId{5}).is_output());
  CHECK_FALSE(SegmentId::given(5).is_output());
  CHECK(SegmentId::given(5) != SegmentId::output_of(RequestId{5}));
}

}  // namespace
}  // namespace cleave
