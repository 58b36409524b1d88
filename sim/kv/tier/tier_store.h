#pragma once
// What one instance of a tier holds: objects, who writes and reads them, and which goes next. What, never when: times
// are told.

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "models/units/check.h"
#include "sim/kv/tier/any_policy.h"
#include "sim/kv/tier/object_table.h"
#include "sim/kv/tier/params.h"
#include "sim/kv/tier/state_meter.h"

namespace cleave {

struct TierStoreParams {
  std::int64_t capacity = 1;  // objects
  bool chained = false;       // whatever is put or looked up is a prompt's objects from the first one on
  std::string eviction = "lru";
  double high_watermark = 1.0;
  double low_watermark = 1.0;
  std::optional<Duration> ttl;
  Duration soft_pin{};
  std::int64_t hard_pinned = 0;  // leading objects of each prompt that never go
  Tokens object_tokens{16};
  KvConsistencyParams consistency;
  std::optional<Duration> read_lease = KvConsistencyParams{}.lease;  // nullopt: until read_release()
  std::uint64_t seed = 1;
};

/// Whose turn a put or read is part of.
struct Turn {
  std::optional<std::uint32_t> session;
  bool closes = false;            // that session's last
  std::size_t prompt_blocks = 0;  // of the blocks that are written; those behind them are of the answer
};

struct TierCounters {
  std::uint64_t lookups = 0;     // objects asked for
  std::uint64_t hits = 0;        // of those, found as a leading run
  std::uint64_t read = 0;        // objects read to the end
  std::uint64_t written = 0;     // puts that ended
  std::uint64_t duplicates = 0;  // objects that somebody offered and the tier had already
  std::uint64_t refused = 0;     // no room, or the policy did not want them
  std::uint64_t evicted = 0;
  std::uint64_t revoked = 0;
  std::uint64_t zombies = 0;            // puts whose writer died
  std::uint64_t zombies_preempted = 0;  // by another put of the same object
  std::uint64_t zombies_reclaimed = 0;
  std::uint64_t torn_reads = 0;        // the object went while it was read
  std::uint64_t premature_reads = 0;   // it was read before it was whole
  std::uint64_t stale_reads = 0;       // it was written by another version of the model
  std::uint64_t expired_reads = 0;     // the lease ended before the read did
  std::uint64_t freed_while_read = 0;  // objects that went though somebody was reading them
  std::uint64_t undetected = 0;        // of the torn, premature and stale: nobody noticed
  bool operator==(const TierCounters&) const = default;
};

/// Objects are immutable and named by their content, so whoever writes one writes the same. An object is one block, or
/// a chunk of several named by its last block. Puts are two-phase; readers hold a lease and check what they read.
/// Sources: Mooncake store (docs/source/design/store/mooncake-store.md) for puts, leases, zombies and watermarks.
class TierStore {
 public:
  explicit TierStore(const TierStoreParams& params);

  /// How many of `objects` from number `from` on are there to read, without a gap.
  std::size_t match(std::span<const BlockKey> objects, std::size_t from, TimePoint now);
  /// The same, for whoever only wants to know.
  [[nodiscard]] std::size_t peek(std::span<const BlockKey> objects, std::size_t from) const;

  /// A session is over whose last prompt these objects were: for policies that want to know.
  void close_session(std::span<const BlockKey> objects, std::uint32_t session, TimePoint now);

  /// A put of those objects of a prompt, from number `from` on, that are not there: makes room for them. `accepted`
  /// becomes the numbers of those that are to be sent now. nullopt: none.
  std::optional<std::uint32_t> put_start(std::span<const BlockKey> objects, std::size_t from, TimePoint now,
                                         std::vector<std::uint32_t>& accepted, Turn turn = {});
  /// All bytes are there: the objects can be read.
  void put_end(std::uint32_t put, TimePoint now);
  /// The writer gives up and says so: the objects are gone.
  void put_revoke(std::uint32_t put, TimePoint now);
  /// The writer died: the objects stay, invisible, until they are pre-empted or reclaimed.
  void put_abandon(std::uint32_t put, TimePoint now);

  /// Reads objects [from, until), which match() found. They stay until read_release(), or for as long as the lease
  /// does.
  std::uint32_t read_start(std::span<const BlockKey> objects, std::size_t from, std::size_t until, TimePoint now,
                           Turn turn = {});
  /// The bytes have arrived. Result: whether the reader may use them, as far as it can know. What it read is kept for
  /// nobody from now on, until the store learns that. `leaves`: if it is usable, it goes once nobody holds it.
  bool read_end(std::uint32_t read, TimePoint now, bool leaves = false);
  /// The reader gave up, or died.
  void read_cancel(std::uint32_t read, TimePoint now);
  /// The store lets go of what a reader held: once for each read, before or after its end.
  void read_release(std::uint32_t read, TimePoint now);

  /// Remembers what evict from now on, for take_evicted().
  void report_evictions() { reports_ = true; }
  /// Keys that were evicted since the last call.
  [[nodiscard]] std::vector<BlockKey> take_evicted() { return std::exchange(evicted_, {}); }

  /// A new version of the model: what was written before is another's.
  void next_epoch() {
    ++epoch_;
    SIM_CHECK(epoch_ != 0, "more versions of a model than a store can tell apart");
  }

  [[nodiscard]] std::int64_t size() const { return static_cast<std::int64_t>(table_.size()); }
  [[nodiscard]] std::int64_t capacity() const { return params_.capacity; }
  [[nodiscard]] const TierCounters& counters() const { return counters_; }
  [[nodiscard]] const StateMeter& meter() const { return meter_; }
  /// Ends leases and zombies whose time has come.
  void settle(TimePoint now);
  /// Recounts everything; a bug aborts. `idle`: nobody reads or writes any more.
  void check_consistency(TimePoint now, bool idle) const;

 private:
  enum class Phase : std::uint8_t { writing, zombie, readable, dead };  // dead: gone but for its place in a tree
  struct Object {
    Phase phase : 7 = Phase::readable;
    bool hard_pinned : 1 = false;
    KvState state = KvState::free;
    std::uint16_t epoch = 0;
    std::uint32_t generation = 0;  // counts what has stood in this slot
    std::uint32_t readers = 0;     // that the store knows of
    std::uint32_t reading = 0;     // those that do read
    TimePoint since;               // its put began; of what is readable: ended
  };
  static_assert(sizeof(Object) == 24, "eight objects in three lines of memory");
  struct Held {
    Slot slot;
    std::uint32_t generation = 0;
    bool whole = true;  // when the reader began
    bool current = true;
  };
  struct Transfer {
    std::vector<Held> objects;
    TimePoint began;
    TimePoint lease_until;
    bool live = false;
    bool ended = false;     // reads: nobody reads any more
    bool released = false;  // reads: the store has let go
    bool leaves = false;    // reads: objects go when both have come
  };
  struct Zombie {
    TimePoint reclaim_at;
    Held object;
  };

  [[nodiscard]] bool visible(const Object& object) const;
  [[nodiscard]] bool is(const Held& held) const {
    return objects_[held.slot.index()].generation == held.generation && occupied(held.slot);
  }
  [[nodiscard]] bool occupied(Slot slot) const { return objects_[slot.index()].state != KvState::free; }
  [[nodiscard]] bool is_leased(Slot slot, TimePoint now) const;
  [[nodiscard]] bool may_go(Slot slot, TimePoint now, bool even_soft_pinned) const;
  [[nodiscard]] Access access_now(TimePoint now) const;
  void at(Access& access, std::span<const BlockKey> objects, std::size_t i) const;
  void touch_chain(std::span<const BlockKey> objects, std::size_t until, TimePoint now);
  void begin(Object& object, std::size_t i, TimePoint now);
  std::size_t put_in_place(std::span<const BlockKey> objects, std::size_t from, TimePoint now, std::span<Held> taken);
  bool make_room(const Access& incoming, TimePoint now);
  bool evict_one(const Access& incoming, TimePoint now, bool even_soft_pinned);
  bool evict_another(Slot first, const Access& incoming, TimePoint now, bool even_soft_pinned);
  void prefetch(std::size_t slot, std::size_t count) const;
  void note_evictions(std::span<const Slot> victims);
  void evict(Slot victim, TimePoint now);
  void forget(Slot slot, TimePoint now);
  void vacate(Slot slot, TimePoint now);
  void drop(Slot slot, TimePoint now);
  void become(Object& object, KvState state, TimePoint now) {
    meter_.move(object.state, state, now);
    object.state = state;
  }
  void become_read(Object& object, TimePoint now);
  std::uint32_t open(std::vector<Transfer>& transfers, std::vector<std::uint32_t>& free, TimePoint now);
  template <class Fn>
  void for_each_there(const Transfer& read, const Fn& fn);
  void stop_reading(std::uint32_t read, TimePoint now);
  void close_read(std::uint32_t read, TimePoint now);

  TierStoreParams params_;
  std::unique_ptr<AnyPolicy> policy_;
  PolicyWants wants_;
  std::int64_t high_;  // objects: eviction begins there
  std::int64_t low_;   // and goes down to here
  bool in_place_;      // new objects may take the places of those that go, a line of the table at once
  ObjectTable table_;
  std::vector<Object, HugeAllocator<Object>> objects_;  // by slot
  std::vector<TimePoint> leases_;                       // by slot: the end of the last one, where anybody reads
  std::size_t next_slot_ = 0;                           // behind the one that went last
  std::vector<Transfer> puts_;
  std::vector<std::uint32_t> free_puts_;
  std::vector<Transfer> reads_;
  std::vector<std::uint32_t> free_reads_;
  std::deque<Zombie> zombies_;  // by time
  std::vector<BlockKey> evicted_;
  bool reports_ = false;
  StateMeter meter_;
  TierCounters counters_;
  std::uint64_t accesses_ = 0;
  std::uint32_t requests_ = 0;
  Turn turn_;  // of the latest request
  std::uint16_t epoch_ = 0;
};

}  // namespace cleave
