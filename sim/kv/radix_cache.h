#pragma once
// KV pages shared through a radix tree. What, never when.

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "sim/kv/kv_memory.h"

namespace cleave {

/// Which leaf goes first. lru: least recently matched. lfu: fewest matches. fifo: oldest; filo: youngest. mru: most
/// recently matched. Ties go to the least recently matched. Source: sglang/srt/mem_cache/evict_policy.py.
enum class RadixEviction : std::uint8_t { lru, lfu, fifo, mru, filo };

struct RadixCacheParams {
  std::optional<std::int64_t> pages;  // nullopt: unlimited
  bool prefix_caching = true;
  RadixEviction eviction = RadixEviction::lru;
};

/// Memory by SGLang's rules: a node is a run of pages, split where a look-up ends inside it; a lock on a node protects
/// the path to the root; leaves without a lock are evicted whole; pages of equal content are kept once. Keys chain all
/// tokens before them, so that a node is found by its first key alone.
/// Source: sglang/srt/mem_cache/radix_cache.py.
class RadixCache final : public KvMemory {
 public:
  explicit RadixCache(const RadixCacheParams& params);

  [[nodiscard]] bool unlimited() const override { return !params_.pages.has_value(); }
  [[nodiscard]] bool caches() const override { return params_.prefix_caching; }
  [[nodiscard]] std::int64_t total_blocks() const override { return params_.pages.value_or(0); }
  [[nodiscard]] std::int64_t free_blocks() const override;
  [[nodiscard]] std::int64_t used_blocks() const override { return locked_pages_ + private_pages_; }
  [[nodiscard]] std::int64_t idle_cached_blocks() const override { return tree_pages_ - locked_pages_; }
  [[nodiscard]] const KvCounters& counters() const override { return counters_; }

  [[nodiscard]] std::size_t match(std::span<const BlockKey> keys) const override;
  /// Splits the node in which the match ends, and counts as a use of all nodes on the path.
  std::size_t match_to_use(std::span<const BlockKey> keys) override;
  [[nodiscard]] std::int64_t idle_among(std::span<const BlockKey> keys) const override;
  [[nodiscard]] KvOrigin origin_of(std::span<const BlockKey> keys) const override;
  [[nodiscard]] std::int64_t decoded_among(std::span<const BlockKey> keys) const override;

  void acquire(std::span<const BlockKey> keys, std::vector<BlockId>& held) override;
  void pin(std::span<const BlockKey> keys, std::size_t, std::vector<BlockId>& held) override { acquire(keys, held); }
  [[nodiscard]] bool allocate(std::int64_t count, std::vector<BlockId>& held) override;
  void publish(std::vector<BlockId>& held, std::size_t sealed, std::span<const BlockKey> keys,
               std::size_t decoded_from) override;
  void publish_quietly(std::vector<BlockId>& held, std::span<const BlockKey> keys) override;
  void release(std::vector<BlockId>& held) override;
  std::int64_t store(std::span<const BlockKey> keys, std::size_t from) override;

  [[nodiscard]] bool publishes_early() const override { return false; }
  [[nodiscard]] std::int64_t held_blocks(std::span<const BlockId> handles) const override;
  [[nodiscard]] std::int64_t held_only_by(std::span<const BlockId> handles) const override;
  [[nodiscard]] std::int64_t references() const override;
  void clear() override;
  void observe(BlockObserver* observer) override { observer_ = observer; }
  [[nodiscard]] BlockObserver* observer() const override { return observer_; }
  void check_consistency() const override;

  [[nodiscard]] std::size_t last_end(std::span<const BlockKey> keys) const override;
  /// The first child of the root comes first.
  [[nodiscard]] std::vector<std::uint32_t> path_of(std::span<const BlockKey> keys) const override;
  [[nodiscard]] std::size_t nodes() const { return by_first_key_.size(); }

 private:
  static constexpr std::uint32_t kRoot = 0;

  struct Page {
    BlockKey key{};
    std::uint32_t id = 0;  // its name for the observer
    KvOrigin origin = KvOrigin::prefill;
  };
  struct Node {
    std::vector<Page> pages;
    std::uint32_t parent = kRoot;
    std::uint32_t children = 0;
    std::uint32_t locks = 0;
    std::uint64_t used = 0;  // when last matched
    std::uint64_t created = 0;
    std::uint64_t hits = 0;
    bool live = false;
    bool quiet = false;  // the observer does not know of it
  };
  /// What one holder has: a locked path and pages of its own.
  struct Hold {
    std::uint32_t node = kRoot;
    std::int64_t tree = 0;
    std::int64_t own = 0;
    bool live = false;
  };
  /// Where a match ended: `node` is matched up to `inside` of its pages.
  struct Found {
    std::uint32_t node = kRoot;
    std::size_t inside = 0;
    std::size_t total = 0;
  };

  [[nodiscard]] Found find(std::span<const BlockKey> keys) const;
  void use(std::uint32_t node);
  std::uint32_t split(std::uint32_t node, std::size_t at);
  std::uint32_t new_node(std::uint32_t parent);
  void lock(std::uint32_t node);
  void unlock(std::uint32_t node);
  bool take(std::int64_t pages);
  void evict(std::int64_t pages);
  void remove(std::uint32_t node);
  void list(std::uint32_t node);  // among the evictable, if it is
  void unlist(std::uint32_t node);
  [[nodiscard]] std::pair<std::int64_t, std::uint64_t> rank(const Node& node) const;
  Hold& hold_of(std::vector<BlockId>& held);
  std::uint32_t page_id();
  /// Adds the pages behind the first `found.total`; returns the node of the last.
  std::uint32_t add(const Found& found, std::span<const BlockKey> keys, std::size_t decoded_from, bool quiet = false);
  void give(std::uint32_t hold, std::span<const BlockKey> keys, std::size_t decoded_from, bool quiet);

  RadixCacheParams params_;
  std::vector<Node> nodes_;
  std::vector<std::uint32_t> free_nodes_;
  std::unordered_map<std::uint64_t, std::uint32_t> by_first_key_;  // looked up, never iterated
  std::set<std::pair<std::pair<std::int64_t, std::uint64_t>, std::uint32_t>> evictable_;
  std::vector<Hold> holds_;
  std::vector<std::uint32_t> free_holds_;
  std::vector<std::uint32_t> free_ids_;
  std::uint32_t next_id_ = 0;
  std::uint64_t uses_ = 0;
  std::int64_t tree_pages_ = 0;
  std::int64_t locked_pages_ = 0;
  std::int64_t private_pages_ = 0;
  KvCounters counters_;
  BlockObserver* observer_ = nullptr;
  std::vector<BlockId> told_;  // scratch: what the observer is told of at once
};

}  // namespace cleave
