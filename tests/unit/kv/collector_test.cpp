// Reclaiming blocks with several holders: every scheme under crashes, lost messages and clocks that are behind.
#include <rapidcheck.h>

#include <array>
#include <catch2/catch.hpp>

#include "sim/core/rng.h"
#include "sim/kv/gc/collector.h"
#include "tests/unit/kv/fixed_seed.h"

using namespace cleave;
using namespace std::chrono_literals;

namespace {

constexpr std::array kSchemes{GcScheme::local_count, GcScheme::lease, GcScheme::weighted_count, GcScheme::mark_sweep,
                              GcScheme::tombstone};

GcParams of(GcScheme scheme) {
  GcParams params;
  params.scheme = scheme;
  return params;
}

/// The longest time from the last release to the free, when nothing goes wrong.
Duration bound_in_peace(const GcParams& params) {
  switch (params.scheme) {
    case GcScheme::lease:
      return params.lease;
    case GcScheme::mark_sweep:
      return 2 * params.epoch;
    case GcScheme::tombstone:
      return params.grace + params.message_delay;
    default:
      return params.message_delay;
  }
}

}  // namespace

TEST_CASE("while somebody living holds a block, no scheme frees it, and afterwards each does within its bound") {
  for (const GcScheme scheme : kSchemes) {
    CAPTURE(static_cast<int>(scheme));
    Collector gc{of(scheme), 3};
    const GcBlock block = gc.create(GcHolder{0});
    gc.advance(TimePoint{5s});
    gc.share(block, GcHolder{0}, GcHolder{1});
    gc.advance(TimePoint{6s});
    gc.release(block, GcHolder{0});
    gc.advance(TimePoint{200s});
    REQUIRE_FALSE(gc.is_free(block));
    gc.share(block, GcHolder{1}, GcHolder{2});
    gc.release(block, GcHolder{1});
    gc.advance(TimePoint{300s});
    REQUIRE_FALSE(gc.is_free(block));
    gc.release(block, GcHolder{2});
    gc.advance(TimePoint{300s} + bound_in_peace(of(scheme)));
    CHECK(gc.is_free(block));
    CHECK(gc.counters().premature_frees == 0);
    CHECK(gc.counters().longest_reclaim_ns <= bound_in_peace(of(scheme)).count());
    gc.check_consistency();
  }
}

TEST_CASE("a crashed holder's blocks leak for ever under counts, and within the bound under leases and marks") {
  for (const GcScheme scheme : kSchemes) {
    CAPTURE(static_cast<int>(scheme));
    Collector gc{of(scheme), 2};
    for (int i = 0; i < 10; ++i) {
      const GcBlock block = gc.create(GcHolder{0});
      gc.share(block, GcHolder{0}, GcHolder{1});
      gc.advance(TimePoint{(i + 1) * 1s});
      gc.release(block, GcHolder{0});
    }
    gc.advance(TimePoint{20s});
    gc.crash(GcHolder{1});
    gc.advance(TimePoint{1000s});
    const auto bound = gc.bound_after_crash();
    CHECK(gc.unreclaimed() == (bound ? 0 : 10));
    if (bound) CHECK(gc.counters().longest_reclaim_ns <= bound->count());
    CHECK(gc.counters().premature_frees == 0);
  }
}

TEST_CASE("a lost release leaks under counts and costs one lease under leases") {
  for (const GcScheme scheme : kSchemes) {
    CAPTURE(static_cast<int>(scheme));
    Collector gc{of(scheme), 1};
    const GcBlock block = gc.create(GcHolder{0});
    gc.advance(TimePoint{1s});
    gc.release(block, GcHolder{0}, true);
    gc.advance(TimePoint{1000s});
    const bool by_time = scheme == GcScheme::lease || scheme == GcScheme::mark_sweep;
    CHECK(gc.is_free(block) == by_time);
  }
}

TEST_CASE("a clock that is behind by more than lease less heartbeat loses blocks in use, and a margin prevents it") {
  for (const Duration margin : {Duration{0}, Duration{8s}}) {
    GcParams params = of(GcScheme::lease);  // lease 10 s, heartbeat 3 s
    params.skew_margin = margin;
    Collector gc{params, 1};
    gc.set_skew(GcHolder{0}, 8s);
    const GcBlock block = gc.create(GcHolder{0});
    gc.advance(TimePoint{100s});
    CHECK(gc.is_free(block) == (margin == Duration{0}));
    CHECK(gc.counters().premature_frees == (margin == Duration{0} ? 1 : 0));
  }
}

TEST_CASE("weights pass references on without a message to the owner") {
  Collector counted{of(GcScheme::local_count), 8};
  Collector weighted{of(GcScheme::weighted_count), 8};
  for (Collector* gc : {&counted, &weighted}) {
    const GcBlock block = gc->create(GcHolder{0});
    for (std::uint32_t h = 1; h < 8; ++h) gc->share(block, GcHolder{h - 1}, GcHolder{h});
    gc->advance(TimePoint{1s});
    for (std::uint32_t h = 0; h < 8; ++h) gc->release(block, GcHolder{h});
    gc->advance(TimePoint{2s});
    CHECK(gc->is_free(block));
  }
  CHECK(counted.counters().messages == 15);
  CHECK(weighted.counters().messages == 8);
}

TEST_CASE("a count frees a block whose new holder's message is slower than the old one's release, weights do not") {
  // Holder 0 passes a reference to 1 and lets go at once. Both messages take the same time here, so the order in which
  // they were sent saves the count; a lost "hold" does not.
  Collector weighted{of(GcScheme::weighted_count), 2};
  const GcBlock block = weighted.create(GcHolder{0});
  weighted.share(block, GcHolder{0}, GcHolder{1});
  weighted.release(block, GcHolder{0});
  weighted.advance(TimePoint{10s});
  CHECK_FALSE(weighted.is_free(block));
}

TEST_CASE("any history of holds, releases and crashes leaves every scheme with the invariants of its kind") {
  const bool holds = rc::check("collectors against the truth", [] {
    const auto operations = *rc::gen::container<std::vector<std::tuple<int, int, int>>>(
        rc::gen::tuple(rc::gen::inRange(0, 6), rc::gen::inRange(0, 8), rc::gen::inRange(0, 4)));
    for (const GcScheme scheme : kSchemes) {
      Collector gc{of(scheme), 4};
      std::set<std::pair<std::uint32_t, std::uint32_t>> truth;  // (block, holder)
      std::array<bool, 4> alive{true, true, true, true};
      std::uint32_t blocks = 0;
      TimePoint now{};
      for (const auto& [what, which, who] : operations) {
        now += 700ms;
        gc.advance(now);
        const auto holder = static_cast<std::uint32_t>(who);
        const auto block = blocks == 0 ? 0 : static_cast<std::uint32_t>(which) % blocks;
        const bool held = truth.contains({block, holder});
        if (!alive[holder]) continue;
        if (what < 2) {
          gc.create(GcHolder{holder});
          truth.insert({blocks++, holder});
        } else if (what < 4 && held) {
          gc.release(GcBlock{block}, GcHolder{holder});
          truth.erase({block, holder});
        } else if (what == 4 && held) {
          const std::uint32_t other = (holder + 1) % 4;
          if (!alive[other]) continue;
          gc.share(GcBlock{block}, GcHolder{holder}, GcHolder{other});
          truth.insert({block, other});
        } else if (what == 5 && which == 0) {
          alive[holder] = false;
          gc.crash(GcHolder{holder});
        }
        for (std::uint32_t b = 0; b < blocks; ++b) {
          bool living = false;
          for (std::uint32_t h = 0; h < 4; ++h) living = living || (alive[h] && truth.contains({b, h}));
          RC_ASSERT(gc.is_live(GcBlock{b}) == living);
          RC_ASSERT(!living || !gc.is_free(GcBlock{b}));
        }
        gc.check_consistency();
      }
      gc.advance(now + 1000s);
      RC_ASSERT(gc.counters().premature_frees == 0U);
      for (std::uint32_t b = 0; b < blocks; ++b) {
        if (gc.bound_after_crash()) RC_ASSERT(gc.is_free(GcBlock{b}) != gc.is_live(GcBlock{b}));
      }
    }
  });
  CHECK(holds);
}
