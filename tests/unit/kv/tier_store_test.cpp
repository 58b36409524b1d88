// Tiers' stores: who sees what when, what may go, what is counted; over every policy.
#include <algorithm>
#include <catch2/catch.hpp>

#include "models/units/error.h"
#include "sim/core/rng.h"
#include "sim/kv/eviction/policy_table.h"
#include "sim/kv/tier/tier_store.h"
#include "tests/unit/kv/small_stores.h"

using namespace cleave;
using namespace std::chrono_literals;

namespace {

std::vector<std::string_view> online_policies() {
  std::vector<std::string_view> names;
  for (const EvictionEntry& entry : eviction_policies()) {
    if (!entry.offline) names.push_back(entry.name);
  }
  return names;
}

}  // namespace

TEST_CASE("what is pinned hard never goes: a prompt finds room for what is behind it, or none") {
  TierStoreParams params = small(4);
  params.hard_pinned = 2;
  TierStore store{params};
  const auto first = prompt(1, 4);
  const auto second = prompt(2, 4);
  put(store, first, 1s);
  put(store, second, 2s);
  CHECK(store.match(first, 0, at(3s)) == 2);
  CHECK(store.match(second, 0, at(3s)) == 2);
  put(store, prompt(3, 4), 4s);
  CHECK(store.match(prompt(3, 4), 0, at(5s)) == 0);
  CHECK(store.counters().refused > 0);
  store.check_consistency(at(6s), true);
}

TEST_CASE("an object is seen when its put has ended, and not before") {
  TierStore store{small(10)};
  const auto keys = prompt(1, 4);
  std::vector<std::uint32_t> accepted;
  const auto id = store.put_start(keys, 0, at(1s), accepted);
  REQUIRE(id.has_value());
  CHECK(accepted == std::vector<std::uint32_t>{0, 1, 2, 3});
  CHECK(store.match(keys, 0, at(2s)) == 0);
  CHECK(store.meter().now_in(KvState::in_flight) == 4);
  store.put_end(*id, at(3s));
  CHECK(store.match(keys, 0, at(3s)) == 4);
  CHECK(store.meter().now_in(KvState::idle) == 4);
  store.check_consistency(at(4s), true);
}

TEST_CASE("a second writer of the same object writes nothing") {
  TierStore store{small(10)};
  const auto keys = prompt(1, 4);
  std::vector<std::uint32_t> accepted;
  const auto first = store.put_start(keys, 0, at(1s), accepted);
  accepted.clear();
  CHECK_FALSE(store.put_start(keys, 0, at(1s), accepted).has_value());
  CHECK(store.counters().duplicates == 4);
  store.put_revoke(*first, at(2s));
  CHECK(store.size() == 0);
  CHECK(store.put_start(keys, 0, at(2s), accepted).has_value());
}

TEST_CASE("what is being read stays for as long as its lease, and a read that outlasts it fails") {
  TierStore store{small(4)};
  const auto kept = prompt(1, 4);
  put(store, kept, 1s);
  const std::uint32_t read = store.read_start(kept, 0, 4, at(2s));
  put(store, prompt(2, 2), 3s);
  CHECK(store.counters().refused == 1);  // the first finds no room, and nothing is sought for those behind
  CHECK(store.peek(kept, 0) == 4);
  CHECK(finish(store, read, 11s));
  const std::uint32_t slow = store.read_start(kept, 0, 4, at(20s));
  put(store, prompt(3, 2), 31s);  // the lease of 10 s is over
  CHECK(store.peek(prompt(3, 2), 0) == 2);
  CHECK_FALSE(finish(store, slow, 32s));
  CHECK(store.counters().freed_while_read == 2);
  CHECK(store.counters().expired_reads == 4);
  CHECK(store.counters().torn_reads == 2);
  store.check_consistency(at(33s), true);
}

TEST_CASE("without leases reads are torn: a check notices, and without one nobody does") {
  for (const bool validate : {true, false}) {
    TierStoreParams params = small(4);
    params.consistency.guards.lease = false;
    params.consistency.guards.validate = validate;
    TierStore store{params};
    const auto keys = prompt(1, 4);
    put(store, keys, 1s);
    const std::uint32_t read = store.read_start(keys, 0, 4, at(2s));
    put(store, prompt(2, 1), 3s);
    CHECK(finish(store, read, 4s) == !validate);
    CHECK(store.counters().torn_reads == 1);
    CHECK(store.counters().undetected == (validate ? 0 : 1));
    store.check_consistency(at(5s), true);
  }
}

TEST_CASE("without two phases objects are read before they are whole") {
  TierStoreParams params = small(8);
  params.consistency.guards.two_phase = false;
  TierStore store{params};
  const auto keys = prompt(1, 4);
  std::vector<std::uint32_t> accepted;
  const auto id = store.put_start(keys, 0, at(1s), accepted);
  CHECK(store.match(keys, 0, at(1s)) == 4);
  const std::uint32_t read = store.read_start(keys, 0, 4, at(1s));
  store.put_end(*id, at(2s));
  CHECK_FALSE(finish(store, read, 3s));
  CHECK(store.counters().premature_reads == 4);
  store.check_consistency(at(4s), true);
}

TEST_CASE("what another version of the model wrote is stale: its key tells, and no check of the content does") {
  for (const bool epoch : {false, true}) {
    INFO(epoch);
    TierStoreParams params = small(8);
    params.consistency.guards.epoch = epoch;
    TierStore store{params};
    const auto keys = prompt(1, 4);
    put(store, keys, 1s);
    store.next_epoch();
    CHECK(finish(store, store.read_start(keys, 0, 4, at(2s)), 3s) == !epoch);
    CHECK(store.counters().stale_reads == 4);
    CHECK(store.counters().undetected == (epoch ? 0 : 4));
  }
}

TEST_CASE("a dead writer's objects are invisible, may be pre-empted after 30 s and are reclaimed after 10 min") {
  TierStore store{small(8)};
  const auto keys = prompt(1, 4);
  std::vector<std::uint32_t> accepted;
  store.put_abandon(*store.put_start(keys, 0, at(0s), accepted), at(1s));
  CHECK(store.meter().now_in(KvState::orphaned) == 4);
  CHECK(store.match(keys, 0, at(5s)) == 0);
  put(store, std::span{keys}.first(2), 29s);
  CHECK(store.match(keys, 0, at(29s)) == 0);
  put(store, std::span{keys}.first(2), 30s);
  CHECK(store.match(keys, 0, at(30s)) == 2);
  CHECK(store.counters().zombies_preempted == 2);
  store.settle(at(10min));
  CHECK(store.counters().zombies_reclaimed == 2);
  CHECK(store.size() == 2);
  store.check_consistency(at(11min), true);
}

TEST_CASE("above the high watermark eviction goes down to the low one, and spares the soft-pinned") {
  TierStoreParams params = small(100);
  params.high_watermark = 0.9;
  params.low_watermark = 0.5;
  params.soft_pin = 60s;
  TierStore store{params};
  put(store, prompt(1, 40), 1s);
  put(store, prompt(2, 50), 100s);
  CHECK(store.size() == 90);
  put(store, prompt(3, 1), 110s);
  CHECK(store.peek(prompt(1, 40), 0) == 0);
  CHECK(store.peek(prompt(2, 50), 0) == 50);  // pinned until 160 s: there is room, so it stays
  CHECK(store.size() == 51);
}

TEST_CASE("every policy keeps to the capacity, loses no object it did not evict, and gives every byte a state") {
  for (const std::string_view policy : online_policies()) {
    CAPTURE(policy);
    TierStore store{small(50, std::string(policy))};
    TierStore again{small(50, std::string(policy))};
    for (TierStore* s : {&store, &again}) {
      Rng rng = RngBook{9}.stream("tier laws");
      std::vector<std::pair<std::uint32_t, std::vector<BlockKey>>> reads;
      std::vector<std::uint32_t> puts;
      std::vector<std::uint32_t> unheard;  // reads that have ended, and the store does not know
      for (int step = 0; step < 3000; ++step) {
        const Duration now = step * 1s;
        const auto keys = prompt(uniform_below(rng, 12), 3 + uniform_below(rng, 20));
        switch (uniform_below(rng, 6)) {
          case 0:
          case 1: {
            std::vector<std::uint32_t> accepted;
            if (const auto id = s->put_start(keys, 0, at(now), accepted)) puts.push_back(*id);
            break;
          }
          case 2:
            if (!puts.empty()) {
              const std::uint32_t id = puts.back();
              puts.pop_back();
              const std::uint64_t how = uniform_below(rng, 10);
              how == 0 ? s->put_revoke(id, at(now)) : how == 1 ? s->put_abandon(id, at(now)) : s->put_end(id, at(now));
            }
            break;
          case 3:
            if (const std::size_t n = s->match(keys, 0, at(now)); n > 0) {
              reads.emplace_back(s->read_start(keys, 0, n, at(now)), keys);
            }
            break;
          case 4:
            if (!reads.empty()) {
              const bool usable = s->read_end(reads.back().first, at(now), uniform_below(rng, 4) == 0);
              CHECK((usable || s->counters().expired_reads > 0));
              unheard.push_back(reads.back().first);
              reads.pop_back();
            }
            break;
          default:
            if (!unheard.empty()) {
              const std::size_t which = uniform_below(rng, unheard.size());
              s->read_release(unheard[which], at(now));
              unheard.erase(unheard.begin() + static_cast<std::ptrdiff_t>(which));
            }
        }
        REQUIRE(s->size() <= s->capacity());
        if (step % 300 == 0) s->check_consistency(at(now), false);
      }
      for (const auto& read : reads) {
        s->read_cancel(read.first, at(3000s));
        unheard.push_back(read.first);
      }
      for (const std::uint32_t read : unheard) s->read_release(read, at(3000s));
      CHECK(s->meter().now_in(KvState::active) == 0);
      for (const std::uint32_t id : puts) s->put_end(id, at(3000s));
      s->check_consistency(at(3001s), true);
      CHECK(s->counters().undetected == 0);
    }
    CHECK(store.counters() == again.counters());
  }
}

TEST_CASE("what was read is kept for nobody until the store hears of it, and only then may it go") {
  TierStoreParams params = small(4);
  params.read_lease.reset();  // counted: no time ends a read
  TierStore store{params};
  const auto keys = prompt(1, 4);
  put(store, keys, 1s);
  const std::uint32_t read = store.read_start(keys, 0, 4, at(2s));
  CHECK(store.meter().now_in(KvState::active) == 4);
  CHECK(store.read_end(read, at(1000s)));
  CHECK(store.meter().now_in(KvState::orphaned) == 4);
  put(store, prompt(2, 1), 2000s);
  CHECK(store.counters().refused == 1);
  store.read_release(read, at(3000s));
  CHECK(store.meter().now_in(KvState::idle) == 4);
  put(store, prompt(2, 1), 3001s);
  CHECK(store.counters().evicted == 1);
  CHECK(store.counters().freed_while_read == 0);
  store.check_consistency(at(3002s), true);
}

TEST_CASE("a store that lets go of a reader too early frees what it reads, counts that, and the reader notices") {
  TierStoreParams params = small(4);
  params.read_lease.reset();
  TierStore store{params};
  const auto keys = prompt(1, 4);
  put(store, keys, 1s);
  const std::uint32_t read = store.read_start(keys, 0, 4, at(2s));
  store.read_release(read, at(3s));
  CHECK(store.meter().now_in(KvState::active) == 4);
  put(store, prompt(2, 3), 4s);
  CHECK(store.counters().freed_while_read == 3);
  CHECK_FALSE(store.read_end(read, at(5s)));
  CHECK(store.counters().torn_reads == 3);
  store.check_consistency(at(6s), true);
}

TEST_CASE("what leaves with its reader goes when the last one lets go of it") {
  TierStore store{small(8)};
  const auto keys = prompt(1, 4);
  put(store, keys, 1s);
  const std::uint32_t first = store.read_start(keys, 0, 4, at(2s));
  const std::uint32_t second = store.read_start(keys, 0, 2, at(2s));
  CHECK(store.read_end(first, at(3s), true));
  CHECK(store.size() == 4);
  store.read_release(first, at(3s));
  CHECK(store.size() == 2);
  CHECK(finish(store, second, 4s));
  CHECK(store.size() == 2);  // the second left it there
  store.check_consistency(at(5s), true);
}

TEST_CASE("leaf-first eviction never leaves a child without its parent") {
  TierStore store{small(30, "leaf-lru")};
  Rng rng = RngBook{10}.stream("leaves");
  for (int step = 0; step < 2000; ++step) {
    put(store, prompt(uniform_below(rng, 8), 1 + uniform_below(rng, 15)), step * 1s);
    for (std::uint64_t name = 0; name < 8; ++name) {
      const auto keys = prompt(name, 15);
      const std::size_t leading = store.peek(keys, 0);
      for (std::size_t i = leading + 1; i < keys.size(); ++i) REQUIRE(store.peek(keys, i) == 0);
    }
  }
}

TEST_CASE("an offline bound is no policy of a store") {
  CHECK_THROWS_AS(TierStore{small(10, "belady")}, ConfigError);
  CHECK_THROWS_AS(TierStore{small(10, "no such policy")}, ConfigError);
}
