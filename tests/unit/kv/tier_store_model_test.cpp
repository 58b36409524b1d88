// Tiers' stores against naive ones, and against each other.
#include <rapidcheck.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <list>

#include "sim/core/rng.h"
#include "sim/kv/tier/tier_store.h"
#include "tests/unit/kv/fixed_seed.h"
#include "tests/unit/kv/small_stores.h"

using namespace cleave;
using namespace std::chrono_literals;

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
