// SGLang's radix tree of pages. Source: sglang/srt/mem_cache/radix_cache.py and evict_policy.py.
#include <catch2/catch.hpp>
#include <map>

#include "sim/kv/radix_cache.h"

using namespace cleave;

namespace {

/// Keys of a text: letters, each key standing for all letters up to it.
std::vector<BlockKey> keys(const std::string& text) {
  std::vector<BlockKey> out;
  std::uint64_t hash = 1469598103934665603ULL;
  for (const char c : text) out.push_back(BlockKey{hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL});
  return out;
}

/// Computes a text and lets go of it again.
void cache(RadixCache& tree, const std::string& text) {
  std::vector<BlockId> held;
  const auto all = keys(text);
  const auto known = std::span{all}.first(tree.match_to_use(all));
  tree.acquire(known, held);
  REQUIRE(tree.allocate(static_cast<std::int64_t>(all.size() - known.size()), held));
  tree.publish(held, known.size(), all, all.size());
  tree.release(held);
  tree.check_consistency();
}

RadixCache tree_of(std::int64_t pages, RadixEviction eviction = RadixEviction::lru) {
  return RadixCache{{pages, true, eviction}};
}

}  // namespace

TEST_CASE("radix tree: texts with a common beginning keep it once, in a node split where they part") {
  RadixCache tree = tree_of(100);
  cache(tree, "abcdef");
  CHECK(tree.nodes() == 1);
  cache(tree, "abcxyz");
  CHECK(tree.nodes() == 3);  // abc, def, xyz
  CHECK(tree.idle_cached_blocks() == 9);
  CHECK(tree.match(keys("abcxq")) == 4);
}

TEST_CASE("radix tree: looking changes nothing, looking to use splits the node at the end of the match") {
  RadixCache tree = tree_of(100);
  cache(tree, "abcdef");
  CHECK(tree.match(keys("abq")) == 2);
  CHECK(tree.nodes() == 1);
  CHECK(tree.match_to_use(keys("abq")) == 2);
  CHECK(tree.nodes() == 2);
}

TEST_CASE("radix tree: a lock protects the path to the root, and what is locked is not free") {
  RadixCache tree = tree_of(10);
  cache(tree, "abcdef");
  cache(tree, "abcx");
  std::vector<BlockId> held;
  tree.acquire(keys("abcd"), held);
  CHECK(tree.used_blocks() == 4);
  CHECK(tree.free_blocks() == 6);
  std::vector<BlockId> other;
  REQUIRE(tree.allocate(6, other));  // evicts "x" and "ef"
  CHECK(tree.match(keys("abcdef")) == 4);
  CHECK(tree.match(keys("abcx")) == 3);
  CHECK_FALSE(tree.allocate(1, other));
  tree.release(held);
  tree.release(other);
  CHECK(tree.free_blocks() == 10);
  tree.check_consistency();
}

TEST_CASE("radix tree: a leaf goes whole, and a parent becomes a leaf when its last child is gone") {
  RadixCache tree = tree_of(8);
  cache(tree, "abcd");
  cache(tree, "abxyz");  // ab, cd, xyz: seven pages
  std::vector<BlockId> held;
  REQUIRE(tree.allocate(2, held));  // one is unused; the leaf "cd" goes whole for the other
  CHECK(tree.match(keys("abcd")) == 2);
  REQUIRE(tree.allocate(2, held));  // one is unused now; "xyz" goes
  CHECK(tree.match(keys("abxyz")) == 2);
  REQUIRE(tree.allocate(4, held));  // "ab" has become a leaf
  CHECK(tree.match(keys("ab")) == 0);
  tree.release(held);
  tree.check_consistency();
}

TEST_CASE("radix tree: the strategies choose their leaves") {
  const auto survivors = [](RadixEviction eviction) {
    RadixCache tree = tree_of(9, eviction);
    cache(tree, "aaa");
    cache(tree, "bbb");
    cache(tree, "ccc");
    (void)tree.match_to_use(keys("aaa"));  // a: used often and lately; b: oldest use; c: youngest
    (void)tree.match_to_use(keys("aaa"));
    (void)tree.match_to_use(keys("ccc"));
    std::vector<BlockId> held;
    REQUIRE(tree.allocate(1, held));
    std::string left;
    for (const char* text : {"aaa", "bbb", "ccc"}) left += tree.match(keys(text)) == 3 ? text[0] : '-';
    tree.release(held);
    return left;
  };
  CHECK(survivors(RadixEviction::lru) == "a-c");
  CHECK(survivors(RadixEviction::lfu) == "a-c");
  CHECK(survivors(RadixEviction::mru) == "ab-");
  CHECK(survivors(RadixEviction::fifo) == "-bc");
  CHECK(survivors(RadixEviction::filo) == "ab-");
}

TEST_CASE("radix tree: who publishes what the tree has already gives its own copy back") {
  RadixCache tree = tree_of(20);
  std::vector<BlockId> first;
  std::vector<BlockId> second;
  REQUIRE(tree.allocate(4, first));
  REQUIRE(tree.allocate(5, second));
  CHECK(tree.used_blocks() == 9);
  tree.publish(first, 0, keys("abcd"), 4);
  tree.publish(second, 0, keys("abcde"), 5);
  CHECK(tree.used_blocks() == 5);
  tree.release(first);
  CHECK(tree.used_blocks() == 5);  // the second holder's path is longer
  tree.release(second);
  CHECK(tree.used_blocks() == 0);
  tree.check_consistency();
}

TEST_CASE("radix tree: KV that arrives is stored behind what it continues, as far as there is room") {
  RadixCache tree = tree_of(6);
  cache(tree, "abc");
  CHECK(tree.store(keys("abcde"), 3) == 2);
  CHECK(tree.match(keys("abcde")) == 5);
  CHECK(tree.origin_of(keys("abcde")) == KvOrigin::decode);
  CHECK(tree.decoded_among(keys("abcde")) == 2);
  CHECK(tree.store(keys("abqrst"), 3) == 0);  // "abq" is not here
  std::vector<BlockId> held;
  tree.acquire(keys("abcde"), held);
  CHECK(tree.store(keys("abcdefgh"), 5) == 1);  // one page is left
  tree.release(held);
  tree.check_consistency();
}

TEST_CASE("radix tree: what only some holders hold is what nobody else locks") {
  RadixCache tree = tree_of(20);
  cache(tree, "abcdef");
  cache(tree, "abcxy");
  std::vector<BlockId> one;
  std::vector<BlockId> other;
  std::vector<BlockId> third;
  tree.acquire(keys("abcdef"), one);
  tree.acquire(keys("abcxy"), other);
  tree.acquire(keys("abcx"), third);
  REQUIRE(tree.allocate(2, other));
  CHECK(tree.held_only_by(one) == 3);    // def
  CHECK(tree.held_only_by(other) == 3);  // y, and what it computes
  std::vector<BlockId> both{one.front(), other.front()};
  CHECK(tree.held_only_by(both) == 6);
  both.push_back(third.front());
  CHECK(tree.held_only_by(both) == 10);
  CHECK(tree.held_only_by({}) == 0);
}

TEST_CASE("radix tree: an observer hears of every page that comes and goes, and what it continues") {
  class Mirror final : public BlockObserver {
   public:
    void on_sealed(const SealedRun& run) override {
      if (run.before) CHECK(pages.count(run.before->value()) == 1);
      REQUIRE(run.blocks.size() == run.keys.size());
      for (std::size_t i = 0; i < run.keys.size(); ++i) {
        CHECK(pages.emplace(run.blocks[i].value(), run.keys[i]).second);
      }
    }
    void on_forgotten(std::span<const BlockId> blocks, bool) override {
      for (const BlockId block : blocks) CHECK(pages.erase(block.value()) == 1);
    }
    void on_cleared() override { pages.clear(); }
    void tells_of(std::optional<TimePoint>) override {}
    std::map<std::uint32_t, BlockKey> pages;
  };
  RadixCache tree = tree_of(12);
  Mirror mirror;
  tree.observe(&mirror);
  std::uint64_t state = 3;
  for (int i = 0; i < 400; ++i) {
    std::string text;
    for (int c = 0; c < 6; ++c) {
      state = state * 6364136223846793005ULL + 1442695040888963407ULL;
      text += static_cast<char>('a' + (state >> 60) % 3);
    }
    cache(tree, text);
    REQUIRE(static_cast<std::int64_t>(mirror.pages.size()) == tree.idle_cached_blocks());
  }
}
