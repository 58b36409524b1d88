#pragma once
// The KV memory of one replica, whatever its layout: who holds how much, what can be found in it, what is reused next.

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "sim/kv/block_id.h"
#include "sim/kv/block_observer.h"

namespace cleave {

/// A block with at least one token that was decoded on some replica counts as decode's.
enum class KvOrigin : std::uint8_t { prefill, decode };

/// Counts since the memory was made, in blocks.
struct KvCounters {
  std::uint64_t allocated = 0;
  std::uint64_t evicted = 0;  // cached content overwritten
  std::uint64_t sealed = 0;   // made findable
};

/// Memory in blocks (pages) of equal size. A holder's share of it is a list of handles that only the memory can read:
/// one for each block, or one for all.
class KvMemory {
 public:
  virtual ~KvMemory() = default;

  [[nodiscard]] virtual bool unlimited() const = 0;
  [[nodiscard]] virtual bool caches() const = 0;
  [[nodiscard]] virtual std::int64_t total_blocks() const = 0;  // 0: unlimited
  /// Blocks that allocate() could hand out now.
  [[nodiscard]] virtual std::int64_t free_blocks() const = 0;
  [[nodiscard]] virtual std::int64_t used_blocks() const = 0;
  /// Blocks with readable content that nobody holds.
  [[nodiscard]] virtual std::int64_t idle_cached_blocks() const = 0;
  [[nodiscard]] virtual const KvCounters& counters() const = 0;

  /// Number of leading keys whose content is here. Looking changes nothing.
  [[nodiscard]] virtual std::size_t match(std::span<const BlockKey> keys) const = 0;
  /// The same on behalf of a sequence about to be scheduled: some layouts take note.
  virtual std::size_t match_to_use(std::span<const BlockKey> keys) { return match(keys); }
  /// Of cached leading keys, how many are held by nobody: taking them shrinks free_blocks().
  [[nodiscard]] virtual std::int64_t idle_among(std::span<const BlockKey> keys) const = 0;
  /// Which computation produced the content of the last of cached leading keys.
  [[nodiscard]] virtual KvOrigin origin_of(std::span<const BlockKey> keys) const = 0;
  /// Of cached leading keys, how many hold content that decoding produced.
  [[nodiscard]] virtual std::int64_t decoded_among(std::span<const BlockKey> keys) const = 0;

  /// Holds the blocks of cached leading keys. `held` is empty before.
  virtual void acquire(std::span<const BlockKey> keys, std::vector<BlockId>& held) = 0;
  /// Holds the blocks of keys[from] and later ones, for a reader; a layout may hold the ones before as well.
  virtual void pin(std::span<const BlockKey> keys, std::size_t from, std::vector<BlockId>& held) = 0;
  /// pin() from the first key on, where somebody who published them holds them: `own` are its handles.
  virtual void pin_own(std::span<const BlockKey> keys, std::span<const BlockId> own, std::vector<BlockId>& held) {
    static_cast<void>(own);
    pin(keys, 0, held);
  }
  /// Holds `count` more, writable ones. Returns false, with nothing changed, when there are not enough.
  [[nodiscard]] virtual bool allocate(std::int64_t count, std::vector<BlockId>& held) = 0;
  /// The content of the first `keys.size()` blocks of a holder can be found from now on; that of the first `sealed`
  /// could before. `decoded_from`: blocks from this one on count as decode's.
  virtual void publish(std::vector<BlockId>& held, std::size_t sealed, std::span<const BlockKey> keys,
                       std::size_t decoded_from) = 0;
  /// The same for content that continues nothing and that observers are not told of.
  virtual void publish_quietly(std::vector<BlockId>& held, std::span<const BlockKey> keys) = 0;
  /// Lets go of all that is held. Clears `held`.
  virtual void release(std::vector<BlockId>& held) = 0;
  /// Stores decoded content under keys[from] and later ones, where the ones before are here and free memory is left.
  /// Nobody holds it afterwards. Returns the number of blocks stored.
  virtual std::int64_t store(std::span<const BlockKey> keys, std::size_t from) = 0;

  /// Of cached leading keys, how many until the last place where some holder's content may have ended.
  [[nodiscard]] virtual std::size_t last_end(std::span<const BlockKey> keys) const { return keys.size(); }
  /// The nodes on the way to the end of a match, where content forms a tree; else empty.
  [[nodiscard]] virtual std::vector<std::uint32_t> path_of(std::span<const BlockKey>) const { return {}; }
  /// Whether content is findable when its computation is scheduled, not when it is done.
  [[nodiscard]] virtual bool publishes_early() const = 0;
  /// Forgets everything (a crash). No handle may be used afterwards.
  virtual void clear() = 0;
  /// Whom to tell of content that comes and goes; borrowed, nullptr: nobody.
  virtual void observe(BlockObserver* observer) = 0;
  [[nodiscard]] virtual BlockObserver* observer() const = 0;
  /// Blocks behind `handles`, of one holder or of several, each counted as often as it is held.
  [[nodiscard]] virtual std::int64_t held_blocks(std::span<const BlockId> handles) const = 0;
  /// Blocks that nobody holds but the holders behind `handles`, all of them together.
  [[nodiscard]] virtual std::int64_t held_only_by(std::span<const BlockId> handles) const = 0;
  /// What held_blocks() gives for all holders together. Linear in holders.
  [[nodiscard]] virtual std::int64_t references() const = 0;
  /// Recounts everything; a bug aborts. Linear in blocks.
  virtual void check_consistency() const = 0;
};

}  // namespace cleave
