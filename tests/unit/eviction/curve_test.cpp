// One pass against a replay at each capacity.
#include "tests/unit/eviction/streams.h"

using namespace cleave;
using namespace cleave::test;

namespace {

void same(const ReplayCounts& one, const ReplayCounts& other) {
  CHECK(one.accesses == other.accesses);
  CHECK(one.hits == other.hits);
  CHECK(one.leading_run_hits == other.leading_run_hits);
  CHECK(one.leading_run_tokens == other.leading_run_tokens);
  CHECK(one.leading_run_cost == Approx(other.leading_run_cost).epsilon(1e-12));
  CHECK(one.input == other.input);
  CHECK(one.input_cost == other.input_cost);
}

}  // namespace

TEST_CASE("one pass over the stack gives what a replay counts at every capacity") {
  for (std::uint64_t seed = 0; seed < 6; ++seed) {
    const BlockStream stream = seed % 2 == 0 ? tree_stream(seed, 250, 14) : loose_stream(seed, 500, 70);
    for (const EvictionEntry& policy : eviction_policies()) {
      if (policy.curve == nullptr) continue;
      const StackCurve curve = policy.curve(stream);
      for (std::size_t capacity = 1; capacity < stream.unique + 3; capacity += 1 + capacity / 8) {
        CAPTURE(seed, policy.name, capacity);
        same(curve.at(capacity), replay(policy, stream, capacity).counts);
      }
    }
  }
}

TEST_CASE("a stream much longer than its distinct blocks keeps exact distances") {
  const BlockStream stream = flat_stream(1, 30'000, 500);  // the tree of places is compacted many times
  const StackCurve curve = StackCurve::lru(stream);
  for (const std::size_t capacity : {1, 10, 100, 400}) {
    CHECK(curve.at(capacity).hits == replay("lru", stream, capacity).counts.hits);
  }
}
