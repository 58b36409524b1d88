// What routers believe, by each kind of index, against what holders have.
#include <catch2/catch.hpp>
#include <cmath>
#include <map>

#include "sim/kv/index/bloom.h"
#include "sim/kv/index/prefix_index.h"

using namespace cleave;
using namespace std::chrono_literals;

namespace {

std::vector<BlockKey> keys_of(std::uint64_t name, std::size_t blocks) {
  std::vector<BlockKey> keys;
  for (std::size_t i = 0; i < blocks; ++i) keys.push_back(BlockKey{(name << 32 | i) * 0x9e3779b97f4a7c15ULL});
  return keys;
}

/// Two holders of 1000 blocks that store and forget whole prompts.
struct Holders {
  explicit Holders(const PrefixIndexParams& params)
      : index(make_prefix_index(params, {{1000, 1000}, Tokens{16}, RngBook{1}.stream("losses")})) {}

  void store(std::uint32_t holder, std::span<const BlockKey> keys, Duration at) {
    std::vector<BlockId> blocks;
    for (std::size_t i = 0; i < keys.size(); ++i) blocks.emplace_back(next++);
    index->sealed(HolderId{holder}, {blocks, keys, std::nullopt, true}, TimePoint{at});
  }
  void store_one(std::uint32_t holder, std::uint32_t block, BlockKey key, Duration at) {
    const BlockId id{block};
    const auto before = block == 0 ? std::nullopt : std::optional{BlockId{block - 1}};
    index->sealed(HolderId{holder}, {{&id, 1}, {&key, 1}, before, true}, TimePoint{at});
  }
  void forget(std::uint32_t holder, std::uint32_t block, Duration at) {
    const BlockId id{block};
    index->forgotten(HolderId{holder}, {&id, 1}, true, TimePoint{at});
  }
  std::vector<std::uint32_t> ask(std::span<const BlockKey> keys, Duration at, std::uint64_t request = 0) {
    std::vector<std::uint32_t> out(2);
    index->believed({keys, request, TimePoint{at}}, out);
    return out;
  }
  std::unique_ptr<PrefixIndex> index;
  std::uint32_t next = 0;
};

using Found = std::vector<std::uint32_t>;

}  // namespace

TEST_CASE("an event is believed after its delay, and not before") {
  EventIndex params;
  params.delay = 10ms;
  Holders holders{params};
  const auto keys = keys_of(1, 50);
  holders.store(1, keys, 100ms);
  CHECK(holders.ask(keys, 110ms - 1ns) == Found{0, 0});
  CHECK(holders.ask(keys, 110ms) == Found{0, 50});
  holders.forget(1, 20, 200ms);
  CHECK(holders.ask(keys, 209ms) == Found{0, 50});
  CHECK(holders.ask(keys, 210ms) == Found{0, 20});
  std::vector<std::uint32_t> truth(2);
  CHECK(holders.index->truth(keys, truth));
  CHECK(truth == Found{0, 20});
  CHECK(holders.index->as_of(HolderId{1}, TimePoint{300ms}) == TimePoint{290ms});
}

TEST_CASE("told in runs or block by block, an index believes the same") {
  EventIndex params;
  params.delay = 3ms;
  params.loss = 0.2;
  params.shards = GENERATE(1U, 3U);
  params.batch_interval = GENERATE(Duration{0}, Duration{7ms});
  Holders runs{params};
  Holders singles{params};
  // Prompts that share their first blocks with others, forgotten from the last block to the first, or to some other.
  std::vector<std::vector<BlockId>> stored;
  std::uint64_t state = 11;
  const auto draw = [&state](std::uint64_t below) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (state >> 33) % below;
  };
  std::vector<std::vector<BlockKey>> prompts;
  for (std::uint64_t p = 0; p < 6; ++p) {
    std::vector<BlockKey> prompt = keys_of(1, 40 * (p % 3));
    for (const BlockKey key : keys_of(2 + p, 50)) prompt.push_back(key);
    prompts.push_back(prompt);
  }
  std::map<BlockKey, std::uint32_t> there;  // of holder 0
  std::uint32_t next = 0;
  for (int round = 0; round < 300; ++round) {
    const Duration now = round * 1ms;
    const std::vector<BlockKey>& prompt = prompts[draw(prompts.size())];
    if (draw(3) > 0) {
      std::size_t from = 0;
      while (from < prompt.size() && there.count(prompt[from]) > 0) ++from;
      std::size_t until = from;
      std::vector<BlockId> blocks;
      for (; until < prompt.size() && there.count(prompt[until]) == 0; ++until) {
        there[prompt[until]] = next;
        blocks.emplace_back(next++);
      }
      const auto before = from == 0 ? std::nullopt : std::optional{BlockId{there[prompt[from - 1]]}};
      if (!blocks.empty()) {
        runs.index->sealed(HolderId{0}, {blocks, std::span{prompt}.subspan(from, until - from), before, true},
                           TimePoint{now});
      }
      for (std::size_t i = 0; i < blocks.size(); ++i) {
        const auto parent = i == 0 ? before : std::optional{blocks[i - 1]};
        singles.index->sealed(HolderId{0}, {{&blocks[i], 1}, {&prompt[from + i], 1}, parent, true}, TimePoint{now});
      }
    } else {
      const std::size_t down_to = draw(prompt.size());
      std::vector<BlockId> blocks;
      for (std::size_t i = prompt.size(); i-- > down_to;) {
        const auto at = there.find(prompt[i]);
        if (at == there.end() || draw(10) == 0) continue;
        blocks.emplace_back(at->second);
        there.erase(at);
      }
      if (!blocks.empty()) runs.index->forgotten(HolderId{0}, blocks, true, TimePoint{now});
      for (const BlockId block : blocks) singles.forget(0, block.value(), now);
    }
    if (round % 5 != 0) continue;
    for (const std::vector<BlockKey>& asked : prompts) {
      REQUIRE(runs.ask(asked, now) == singles.ask(asked, now));
      std::vector<std::uint32_t> truth(2);
      std::vector<std::uint32_t> other(2);
      CHECK(runs.index->truth(asked, truth));
      CHECK(singles.index->truth(asked, other));
      REQUIRE(truth == other);
    }
    runs.index->check_consistency();
  }
  CHECK(runs.index->counters() == singles.index->counters());
}

TEST_CASE("asked at any moment or only now and then, an index believes the same") {
  EventIndex params;
  params.delay = GENERATE(Duration{0}, Duration{3ms});
  params.batch_interval = GENERATE(Duration{0}, Duration{7ms});
  params.loss = GENERATE(0.0, 0.3);
  params.resync = GENERATE(Resync::replay, Resync::none);
  params.resync_delay = 11ms;
  params.shards = GENERATE(1U, 3U);
  CAPTURE(params.delay, params.batch_interval, params.loss, params.shards);
  Holders often{params};
  Holders seldom{params};
  std::uint64_t state = 5;
  const auto draw = [&state](std::uint64_t below) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (state >> 33) % below;
  };
  std::map<std::pair<std::uint32_t, std::uint64_t>, std::uint32_t> first_block;  // by holder and prompt
  for (int round = 0; round < 400; ++round) {
    const Duration now = round * 1ms;
    const auto holder = static_cast<std::uint32_t>(draw(2));
    const std::uint64_t prompt = 1 + draw(8);
    const auto keys = keys_of(prompt, 40);
    if (const auto known = first_block.find({holder, prompt}); known == first_block.end()) {
      first_block[{holder, prompt}] = often.next;
      often.store(holder, keys, now);
      seldom.store(holder, keys, now);
    } else {
      for (std::uint32_t i = 40; i-- > 0;) {
        often.forget(holder, known->second + i, now);
        seldom.forget(holder, known->second + i, now);
      }
      first_block.erase(known);
    }
    if (round == 200) {
      for (Holders* each : {&often, &seldom}) each->index->restart(TimePoint{now});
    }
    if (round == 230) {
      for (Holders* each : {&often, &seldom}) each->index->resync(TimePoint{now});
    }
    often.ask(keys_of(1 + draw(8), 40), now + Duration{draw(1'000'000)});
    if (round % 23 != 22) continue;
    for (std::uint64_t p = 1; p <= 8; ++p) {
      const auto asked = keys_of(p, 40);
      REQUIRE(often.ask(asked, now + 999'999ns) == seldom.ask(asked, now + 999'999ns));
    }
    REQUIRE(often.index->counters() == seldom.index->counters());
    often.index->check_consistency();
  }
}

TEST_CASE("batches leave at the ends of their intervals") {
  EventIndex params;
  params.delay = 5ms;
  params.batch_interval = 100ms;
  Holders holders{params};
  const auto keys = keys_of(1, 10);
  holders.store(0, keys, 130ms);
  CHECK(holders.ask(keys, 204ms) == Found{0, 0});
  CHECK(holders.ask(keys, 205ms) == Found{10, 0});
  CHECK(holders.index->counters().batches == 1);
}

TEST_CASE("a gap in the sequence numbers holds later batches back until it is closed") {
  EventIndex params;
  params.delay = 1ms;
  params.loss = 0.5;
  params.resync_delay = 20ms;
  Holders holders{params};
  const auto keys = keys_of(1, 200);
  for (std::uint32_t i = 0; i < 200; ++i) {
    holders.store_one(0, i, keys[i], i * 1ms);
  }
  // Whatever was lost, belief is a prefix of what was said, and at last all of it.
  std::uint32_t before = 0;
  for (auto t = 0ms; t < 6000ms; t += 1ms) {
    const std::uint32_t now = holders.ask(keys, t)[0];
    CHECK(now >= before);
    CHECK(now <= t / 1ms);
    before = now;
  }
  const IndexCounters& counters = holders.index->counters();
  CHECK(counters.batches_lost > 60);
  CHECK(counters.resyncs > 3);
  CHECK(before >= 195);  // nobody misses the last ones until another batch comes
}

TEST_CASE("without a resync what was lost stays unknown") {
  EventIndex params;
  params.loss = 0.3;
  params.resync = Resync::none;
  Holders holders{params};
  const auto keys = keys_of(1, 100);
  for (std::uint32_t i = 0; i < 100; ++i) {
    holders.store_one(0, i, keys[i], i * 1ms);
  }
  const std::uint32_t believed = holders.ask(keys, 1s)[0];
  CHECK(believed < 30);
  CHECK(holders.index->counters().batches_lost > 10);
  CHECK(holders.index->counters().resyncs == 0);
}

TEST_CASE("a restarted index knows nothing until holders have told it everything again") {
  EventIndex params;
  params.delay = 1ms;
  Holders holders{params};
  const auto keys = keys_of(1, 30);
  const auto later = keys_of(2, 5);
  holders.store(0, keys, 10ms);
  CHECK(holders.ask(keys, 20ms) == Found{30, 0});
  holders.index->restart(TimePoint{30ms});
  holders.store(1, later, 31ms);
  CHECK(holders.ask(keys, 40ms) == Found{0, 0});
  CHECK(holders.ask(later, 40ms) == Found{0, 0});
  holders.index->resync(TimePoint{50ms});
  CHECK(holders.ask(keys, 50ms) == Found{30, 0});
  CHECK(holders.ask(later, 50ms) == Found{0, 5});
  holders.index->check_consistency();
}

TEST_CASE("a speculative entry stands until its time is over, and then only what an event confirmed") {
  EventIndex params;
  params.delay = 50ms;
  params.speculative_ttl = 2s;
  Holders holders{params};
  const auto keys = keys_of(1, 20);
  holders.index->routed({keys, 0, TimePoint{1s}}, HolderId{1});
  CHECK(holders.ask(keys, 1s) == Found{0, 20});
  holders.store(1, std::span{keys}.first(12), 1500ms);
  CHECK(holders.ask(keys, 2999ms) == Found{0, 20});
  CHECK(holders.ask(keys, 3001ms) == Found{0, 12});
}

TEST_CASE("each router remembers what it routed itself, for a time to live, and prunes the oldest first") {
  HistoryIndex params;
  params.ttl = 120s;
  params.max_blocks = 100;
  params.routers = 2;
  Holders holders{params};
  const auto keys = keys_of(1, 40);
  holders.index->routed({keys, 0, TimePoint{1s}}, HolderId{0});
  CHECK(holders.ask(keys, 2s, 0) == Found{40, 0});
  CHECK(holders.ask(keys, 2s, 1) == Found{0, 0});
  CHECK(holders.ask(keys, 121s, 0) == Found{40, 0});
  CHECK(holders.ask(keys, 121s + 1ns, 0) == Found{0, 0});
  for (std::uint64_t n = 2; n < 6; ++n) holders.index->routed({keys_of(n, 40), 0, TimePoint{200s}}, HolderId{0});
  CHECK(holders.ask(keys_of(2, 40), 201s, 0) == Found{0, 0});
  CHECK(holders.ask(keys_of(5, 40), 201s, 0) == Found{40, 0});
  holders.index->check_consistency();
}

TEST_CASE("a digest says what its holder had when it was last published") {
  DigestIndex params;
  params.interval = 1s;
  params.delay = 10ms;
  Holders holders{params};
  const auto keys = keys_of(1, 60);
  holders.store(0, keys, 500ms);
  CHECK(holders.ask(keys, 1009ms) == Found{0, 0});
  CHECK(holders.ask(keys, 1010ms) == Found{60, 0});
  for (std::uint32_t block = 30; block < 60; ++block) holders.forget(0, block, 1500ms);
  CHECK(holders.ask(keys, 2009ms) == Found{60, 0});
  CHECK(holders.ask(keys, 2010ms)[0] >= 30);
  CHECK(holders.ask(keys, 2010ms)[0] < 33);
  CHECK(holders.index->as_of(HolderId{0}, TimePoint{2500ms}) == TimePoint{2s});
}

TEST_CASE("a full filter of ten bits a key has close to one percent of false positives") {
  CountingBloom filter{10'000, 10};
  for (const BlockKey key : keys_of(1, 10'000)) filter.add(key);
  int wrong = 0;
  for (const BlockKey key : keys_of(2, 100'000)) wrong += filter.may_have(key) ? 1 : 0;
  const double expected = std::pow(1 - std::exp(-7.0 / 10), 7);  // 7 hashes
  CHECK(wrong / 1e5 == Approx(expected).epsilon(0.15));
  for (const BlockKey key : keys_of(1, 10'000)) filter.remove(key);
  CHECK_FALSE(filter.may_have(keys_of(1, 1)[0]));
}

TEST_CASE("shards split the keys, and each of them forgets with the index") {
  EventIndex params;
  params.delay = 1ms;
  params.shards = 8;
  Holders holders{params};
  const auto keys = keys_of(1, 100);
  holders.store(0, keys, 1ms);
  CHECK(holders.ask(keys, 2ms) == Found{100, 0});
  CHECK(holders.index->counters().batches == 8);
  holders.index->cleared(HolderId{0}, TimePoint{3ms});
  CHECK(holders.ask(keys, 4ms) == Found{0, 0});
}

TEST_CASE("what comes from a distant holder is believed so much later") {
  EventIndex params;
  params.delay = 10ms;
  Holders holders{params};
  holders.index = make_prefix_index(params, {{1000, 1000}, Tokens{16}, RngBook{1}.stream("losses"), {0ms, 40ms}});
  const auto keys = keys_of(1, 50);
  holders.store(0, keys, 100ms);
  holders.store(1, keys, 100ms);
  CHECK(holders.ask(keys, 110ms) == Found{50, 0});
  CHECK(holders.ask(keys, 150ms - 1ns) == Found{50, 0});
  CHECK(holders.ask(keys, 150ms) == Found{50, 50});
  CHECK(holders.index->as_of(HolderId{1}, TimePoint{200ms}) == TimePoint{150ms});
}
