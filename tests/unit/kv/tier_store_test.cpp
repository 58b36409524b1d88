// Tiers' stores: who sees what when, what may go, what is counted; over every policy, and against a naive model.
#include <rapidcheck.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <list>

#include "models/units/error.h"
#include "sim/core/rng.h"
#include "sim/kv/eviction/policy_table.h"
#include "sim/kv/tier/tier_store.h"
#include "tests/unit/kv/fixed_seed.h"

using namespace cleave;
using namespace std::chrono_literals;

namespace {

std::vector<BlockKey> prompt(std::uint64_t name, std::size_t objects) {
  std::vector<BlockKey> keys;
  for (std::size_t i = 0; i < objects; ++i) keys.push_back(BlockKey{(name << 20) + i + 1});
  return keys;
}

TimePoint at(Duration time) {
  return TimePoint{time};
}

TierStoreParams small(std::int64_t capacity, std::string eviction = "lru") {
  TierStoreParams params;
  params.capacity = capacity;
  params.eviction = std::move(eviction);
  return params;
}

/// Writes a prompt at once.
void put(TierStore& store, std::span<const BlockKey> keys, Duration time) {
  std::vector<std::uint32_t> accepted;
  if (const auto id = store.put_start(keys, 0, at(time), accepted)) store.put_end(*id, at(time));
}

/// A read ends, and the store hears so at once.
bool finish(TierStore& store, std::uint32_t read, Duration time) {
  const bool usable = store.read_end(read, at(time));
  store.read_release(read, at(time));
  return usable;
}

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

TEST_CASE("any sequence of puts and reads leaves an LRU store with what a plain list has") {
  const bool holds = rc::check("LRU store against a list", [] {
    const auto capacity = *rc::gen::inRange<std::int64_t>(1, 20);
    const auto operations = *rc::gen::container<std::vector<std::pair<int, int>>>(
        rc::gen::pair(rc::gen::inRange(0, 6), rc::gen::inRange(1, 12)));
    TierStoreParams params = small(capacity);
    params.chained = *rc::gen::arbitrary<bool>();
    TierStore store{params};
    std::list<BlockKey> naive;  // the newest first
    Duration now{};
    for (const auto& [name, length] : operations) {
      now += 1s;
      const auto keys = prompt(static_cast<std::uint64_t>(name), static_cast<std::size_t>(length));
      put(store, keys, now);
      std::int64_t fresh = 0;  // of this put: they are in flight, and cannot go
      for (const BlockKey key : keys) {
        if (const auto known = std::find(naive.begin(), naive.end(), key); known != naive.end()) {
          naive.splice(naive.begin(), naive, known);
          continue;
        }
        if (fresh == capacity) break;
        if (static_cast<std::int64_t>(naive.size()) == capacity) naive.pop_back();
        naive.push_front(key);
        ++fresh;
      }
      for (std::uint64_t other = 0; other < 6; ++other) {
        const auto chain = prompt(other, 12);
        for (std::size_t i = 0; i < chain.size(); ++i) {
          const bool there = std::find(naive.begin(), naive.end(), chain[i]) != naive.end();
          RC_ASSERT(store.peek(std::span{chain}.first(i + 1), i) == (there ? 1U : 0U));
        }
      }
    }
    store.check_consistency(at(now), true);
  });
  CHECK(holds);
}

namespace {

/// An LRU store with counted readers, as a list.
class NaiveStore {
 public:
  explicit NaiveStore(std::size_t capacity) : capacity_(capacity) {}
  struct One {
    BlockKey key;
    int readers = 0;  // that the store knows of
    int reading = 0;  // those that do read
    bool fresh = false;
  };
  std::list<One> all;  // the newest first

  [[nodiscard]] std::list<One>::iterator find(BlockKey key) {
    return std::find_if(all.begin(), all.end(), [&](const One& one) { return one.key == key; });
  }
  void touch(BlockKey key) { all.splice(all.begin(), all, find(key)); }
  void put(std::span<const BlockKey> keys) {
    for (const BlockKey key : keys) {
      if (find(key) != all.end()) {
        touch(key);
      } else if (all.size() < capacity_ || evict()) {
        all.push_front({key, 0, 0, true});
      } else {
        break;
      }
    }
    for (One& one : all) one.fresh = false;
  }
  [[nodiscard]] std::int64_t count(bool reading, bool kept) const {
    return std::count_if(all.begin(), all.end(), [&](const One& one) {
      return (one.reading > 0) == reading && (reading || (one.readers > 0) == kept);
    });
  }

 private:
  /// What may not go is passed over, and counts as just used.
  bool evict() {
    std::vector<BlockKey> aside;
    bool found = false;
    for (auto one = std::prev(all.end());; --one) {
      if (one->readers == 0 && !one->fresh) {
        all.erase(one);
        found = true;
        break;
      }
      aside.push_back(one->key);
      if (one == all.begin()) break;
    }
    for (const BlockKey key : aside) touch(key);
    return found;
  }
  std::size_t capacity_;
};

}  // namespace

TEST_CASE("any sequence of puts, reads and releases leaves a counting store with what a plain list has") {
  const bool holds = rc::check("counting store against a list", [] {
    const auto capacity = *rc::gen::inRange<std::int64_t>(2, 16);
    const auto operations = *rc::gen::container<std::vector<std::tuple<int, int, int>>>(
        rc::gen::tuple(rc::gen::inRange(0, 6), rc::gen::inRange(0, 5), rc::gen::inRange(1, 8)));
    TierStoreParams params = small(capacity);
    params.read_lease.reset();
    params.chained = *rc::gen::arbitrary<bool>();
    TierStore store{params};
    NaiveStore naive{static_cast<std::size_t>(capacity)};
    struct Read {
      std::uint32_t id;
      std::vector<BlockKey> keys;
      bool ended = false;
    };
    std::vector<Read> reads;
    Duration now{};
    for (const auto& [what, name, length] : operations) {
      now += 1s;
      const auto keys = prompt(static_cast<std::uint64_t>(name), static_cast<std::size_t>(length));
      if (what < 2) {
        put(store, keys, now);
        naive.put(keys);
      } else if (what == 2) {
        const std::size_t found = store.match(keys, 0, at(now));
        if (found == 0) continue;
        Read read{store.read_start(keys, 0, found, at(now)), {keys.begin(), keys.begin() + static_cast<long>(found)}};
        for (const BlockKey key : read.keys) {
          naive.touch(key);
          ++naive.all.front().readers;
          ++naive.all.front().reading;
        }
        reads.push_back(std::move(read));
      } else if (!reads.empty()) {
        Read& read = reads[static_cast<std::size_t>(length) % reads.size()];
        if (!read.ended) {
          RC_ASSERT(store.read_end(read.id, at(now)));
          read.ended = true;
          for (const BlockKey key : read.keys) --naive.find(key)->reading;
        } else {
          store.read_release(read.id, at(now));
          for (const BlockKey key : read.keys) --naive.find(key)->readers;
          reads.erase(reads.begin() + (&read - reads.data()));
        }
      }
      for (std::uint64_t other = 0; other < 5; ++other) {
        const auto chain = prompt(other, 8);
        for (std::size_t i = 0; i < chain.size(); ++i) {
          const bool there = naive.find(chain[i]) != naive.all.end();
          RC_ASSERT(store.peek(std::span{chain}.first(i + 1), i) == (there ? 1U : 0U));
        }
      }
      RC_ASSERT(store.meter().now_in(KvState::active) == naive.count(true, true));
      RC_ASSERT(store.meter().now_in(KvState::orphaned) == naive.count(false, true));
      RC_ASSERT(store.meter().now_in(KvState::idle) == naive.count(false, false));
      store.check_consistency(at(now), false);
    }
    RC_ASSERT(store.counters().freed_while_read == 0U);
  });
  CHECK(holds);
}

namespace {

/// A prompt of one of many families: those of a family begin alike, and part somewhere.
std::vector<BlockKey> branch(int name, std::size_t objects) {
  const auto family = static_cast<std::uint64_t>(name % 8);
  const auto alike = static_cast<std::size_t>(name / 8 % 3 * 5);
  std::vector<BlockKey> keys = prompt(family, std::min(alike, objects));
  for (std::size_t i = keys.size(); i < objects; ++i) {
    keys.push_back(BlockKey{(static_cast<std::uint64_t>(name + 100) << 20) + i + 1});
  }
  return keys;
}

}  // namespace

TEST_CASE("a store that is given whole chains does what one that looks at each object does") {
  for (const char* policy : {"lru", "fifo", "lru-b", "slru"}) {
    Rng draw{7, 0};
    for (int round = 0; round < 20; ++round) {
      TierStoreParams params = small(static_cast<std::int64_t>(8 + draw.next() % 60), policy);
      if (round % 4 == 1) params.high_watermark = params.low_watermark = 0.9;
      if (round % 4 == 2) params.soft_pin = 3s;
      if (round % 4 == 3) params.hard_pinned = 2;
      TierStore alone{params};
      params.chained = true;
      TierStore chained{params};
      alone.report_evictions();
      chained.report_evictions();
      std::vector<std::pair<std::uint32_t, std::uint32_t>> writing;
      std::vector<std::pair<std::uint32_t, std::uint32_t>> reading;
      Duration now{};
      for (int step = 0; step < 400; ++step) {
        now += 1s;
        const auto keys = branch(static_cast<int>(draw.next() % 40), 1 + draw.next() % 40);
        const auto what = draw.next() % 8;
        if (what < 4) {
          std::vector<std::uint32_t> taken;
          std::vector<std::uint32_t> taken_too;
          const std::size_t known = alone.match(keys, 0, at(now));
          REQUIRE(chained.match(keys, 0, at(now)) == known);
          const std::size_t from = draw.next() % 3 == 0 ? known : 0;
          const auto put = alone.put_start(keys, from, at(now), taken);
          const auto same = chained.put_start(keys, from, at(now), taken_too);
          REQUIRE(put.has_value() == same.has_value());
          REQUIRE(taken == taken_too);
          if (put) writing.emplace_back(*put, *same);
        } else if (what < 6 && !writing.empty()) {
          const auto [put, same] = writing.front();
          writing.erase(writing.begin());
          const auto end = draw.next() % 8;
          if (end == 0) {
            alone.put_revoke(put, at(now));
            chained.put_revoke(same, at(now));
          } else {
            alone.put_end(put, at(now));
            chained.put_end(same, at(now));
          }
        } else if (what == 6) {
          const std::size_t found = alone.match(keys, 0, at(now));
          REQUIRE(chained.match(keys, 0, at(now)) == found);
          if (found == 0) continue;
          reading.emplace_back(alone.read_start(keys, 0, found, at(now)), chained.read_start(keys, 0, found, at(now)));
        } else if (!reading.empty()) {
          const auto [read, same] = reading.front();
          reading.erase(reading.begin());
          REQUIRE(finish(alone, read, now) == finish(chained, same, now));
        }
        REQUIRE(alone.counters() == chained.counters());
        REQUIRE(alone.take_evicted() == chained.take_evicted());
        REQUIRE(alone.size() == chained.size());
        for (std::size_t i = 0; i < keys.size(); ++i) {
          REQUIRE(alone.peek(std::span{keys}.first(i + 1), i) == chained.peek(std::span{keys}.first(i + 1), i));
        }
      }
      alone.check_consistency(at(now), false);
      chained.check_consistency(at(now), false);
    }
  }
}
