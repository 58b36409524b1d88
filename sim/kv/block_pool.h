#pragma once
// The KV blocks of one replica: who holds them, what they contain, which is reused next. What, never when.

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "sim/kv/chain_map.h"
#include "sim/kv/free_queue.h"
#include "sim/kv/kv_memory.h"

namespace cleave {

struct BlockPoolParams {
  std::optional<std::int64_t> blocks;  // nullopt: unlimited
  bool prefix_caching = true;
};

using BlockPoolCounters = KvCounters;

/// Paged KV memory with a prefix cache, by vLLM's rules: blocks without a holder stay readable until they are reused;
/// the free queue is reused from its head; a sequence's blocks join its tail in reverse order, so that the end of a
/// prefix goes first; blocks of equal content may coexist.
/// Source: vllm docs/design/prefix_caching.md, vllm/v1/core/block_pool.py.
class BlockPool final : public KvMemory {
 public:
  explicit BlockPool(const BlockPoolParams& params);

  /// Number of leading keys whose blocks are cached.
  [[nodiscard]] std::size_t match(std::span<const BlockKey> keys) const override;
  /// Of those leading keys, how many are held by nobody (taking them shrinks free_blocks()). All must be cached.
  [[nodiscard]] std::int64_t idle_among(std::span<const BlockKey> keys) const override;

  /// Blocks that allocate() could hand out now.
  [[nodiscard]] std::int64_t free_blocks() const override;
  [[nodiscard]] bool unlimited() const override { return !params_.blocks.has_value(); }
  [[nodiscard]] bool caches() const override { return params_.prefix_caching; }
  [[nodiscard]] std::int64_t total_blocks() const override { return params_.blocks.value_or(0); }
  [[nodiscard]] std::int64_t used_blocks() const override { return used_; }
  /// Blocks with readable content that nobody holds.
  [[nodiscard]] std::int64_t idle_cached_blocks() const override { return idle_cached_; }

  /// Appends the blocks of cached keys to `out` and holds them.
  void acquire(std::span<const BlockKey> keys, std::vector<BlockId>& out) override;
  void pin(std::span<const BlockKey> keys, std::size_t from, std::vector<BlockId>& out) override {
    for (std::size_t i = from; i < keys.size(); ++i) out.push_back(acquire_one(keys, i));
  }
  void pin_own(std::span<const BlockKey> keys, std::span<const BlockId> own, std::vector<BlockId>& out) override;
  /// Appends `count` writable blocks and holds them. Returns false, with nothing changed, when there are not enough.
  bool allocate(std::int64_t count, std::vector<BlockId>& out) override;
  /// Whom to tell of content that comes and goes; borrowed, nullptr: nobody.
  void observe(BlockObserver* observer) override { observer_ = observer; }
  [[nodiscard]] BlockObserver* observer() const override { return observer_; }
  [[nodiscard]] KvOrigin origin_of(std::span<const BlockKey> keys) const override;
  [[nodiscard]] std::int64_t decoded_among(std::span<const BlockKey> keys) const override;
  /// Lets go of a sequence's blocks, given in order from the first. Clears `blocks`.
  void release(std::vector<BlockId>& blocks) override;
  void publish(std::vector<BlockId>& held, std::size_t sealed, std::span<const BlockKey> keys,
               std::size_t decoded_from) override;
  void publish_quietly(std::vector<BlockId>& held, std::span<const BlockKey> keys) override;
  std::int64_t store(std::span<const BlockKey> keys, std::size_t from) override;
  [[nodiscard]] bool publishes_early() const override { return true; }
  [[nodiscard]] std::int64_t held_blocks(std::span<const BlockId> handles) const override {
    return static_cast<std::int64_t>(handles.size());
  }
  [[nodiscard]] std::int64_t held_only_by(std::span<const BlockId> handles) const override;
  [[nodiscard]] std::int64_t references() const override { return references_; }
  /// Another holder for blocks that are held already.
  void hold(std::span<const BlockId> blocks);

  /// Forgets everything (a crash). No block may be touched through older ids afterwards.
  void clear() override;

  [[nodiscard]] const BlockPoolCounters& counters() const override { return counters_; }
  /// Recounts everything; a bug aborts. Linear in blocks.
  void check_consistency() const override;

 private:
  static constexpr std::uint32_t kNone = 0xffffffffU;
  struct Block {
    BlockKey key{};
    std::uint32_t holders = 0;
    std::uint32_t ticket = FreeQueue::kNotQueued;
    std::uint32_t same_key = kNone;  // the next block of equal content
    ChainPlace place;                // of the key
    bool sealed = false;
    bool duplicate = false;  // sealed, and another block is the one that its key leads to
    bool quiet = false;      // the observer does not know of it
    KvOrigin origin = KvOrigin::prefill;
  };

  /// Returns whether no other block had this content.
  bool set_content(BlockId block, ChainPlace place, BlockKey key, KvOrigin origin);
  void write_first(std::int64_t count, std::vector<BlockId>& out);
  void reuse(std::int64_t count, std::vector<BlockId>& out);
  /// Returns whether no other block has the same content.
  bool forget_content(Block& block);
  void leave_equals(Block& block);
  /// The key that leads to a block, for the map.
  [[nodiscard]] auto content() const {
    return [blocks = blocks_.data()](std::uint32_t index) {
      const Block& block = blocks[index];
      return block.sealed && !block.duplicate ? std::optional{PlacedKey{block.key, block.place}} : std::nullopt;
    };
  }
  [[nodiscard]] std::optional<BlockId> find(ChainPlace place, BlockKey key) const;
  /// Number `i` of a chain.
  [[nodiscard]] std::optional<BlockId> find(std::span<const BlockKey> keys, std::size_t i) const {
    return find(ChainPlace{keys, i}, keys[i]);
  }
  [[nodiscard]] BlockId acquire_one(std::span<const BlockKey> keys, std::size_t i);
  [[gnu::noinline]] void index_again();
  void count_sealed(std::size_t blocks);
  void hold_one(BlockId id);

  BlockPoolParams params_;
  std::vector<Block, HugeAllocator<Block>> blocks_;
  ChainMap<BlockId> cached_;  // entries may be stale: find() checks them
  std::int64_t sealed_ = 0;   // blocks with content
  FreeQueue free_;
  std::int64_t queued_ = 0;
  std::int64_t touched_ = 0;  // blocks that have been written: blocks_.size()
  std::int64_t used_ = 0;
  std::int64_t references_ = 0;  // holders of all blocks
  std::int64_t idle_cached_ = 0;
  BlockPoolCounters counters_;
  BlockObserver* observer_ = nullptr;
};

}  // namespace cleave
