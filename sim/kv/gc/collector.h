#pragma once
// Blocks with several holders and who reclaims them, as a message-driven model: crashes, lost messages and skewed
// clocks show what each scheme leaks, and what it frees too early.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "sim/kv/gc/params.h"
#include "sim/kv/tier/state_meter.h"

namespace cleave {

using GcBlock = Id<struct GcBlockTag>;
using GcHolder = Id<struct GcHolderTag>;

struct GcCounters {
  std::uint64_t created = 0;
  std::uint64_t freed = 0;
  std::uint64_t premature_frees = 0;  // a living holder still held it
  std::uint64_t messages = 0;         // about metadata: holds, releases, heartbeats, marks
  std::uint64_t messages_lost = 0;
  std::int64_t reclaim_ns = 0;  // from the last living hold to the free, summed
  std::int64_t longest_reclaim_ns = 0;
  std::int64_t leaked_ns = 0;  // block time for which nobody living held a block that was not free yet
  bool operator==(const GcCounters&) const = default;
};

/// Time moves by advance(); everything else happens at that time. The owner's own clock is true; a holder's may be off.
/// Invariants, checked at every free: it is the block's only one, and with the lease scheme no living holder's lease
/// (by the owner's clock) is valid.
class Collector {
 public:
  Collector(const GcParams& params, std::size_t holders);

  /// A holder makes a block, and holds it.
  GcBlock create(GcHolder holder);
  /// `from` passes a reference on. Both hold it afterwards.
  void share(GcBlock block, GcHolder from, GcHolder to);
  /// A holder lets go. `lost`: the message about it gets lost.
  void release(GcBlock block, GcHolder holder, bool lost = false);
  /// A holder dies without a word; it never returns under this name.
  void crash(GcHolder holder);
  /// A holder's clock is so far behind the owner's: it believes that its leases last longer, and renews late.
  void set_skew(GcHolder holder, Duration behind) { skew_[holder.index()] = behind; }

  void advance(TimePoint to);
  [[nodiscard]] TimePoint now() const { return now_; }

  [[nodiscard]] bool is_free(GcBlock block) const { return blocks_[block.index()].freed; }
  /// Whether a living holder holds it: what no scheme can know at once.
  [[nodiscard]] bool is_live(GcBlock block) const;
  [[nodiscard]] std::size_t unreclaimed() const { return open_; }
  [[nodiscard]] const GcCounters& counters() const { return counters_; }
  /// The longest that garbage can stay when messages arrive and nobody crashes during it; nullopt: no bound.
  [[nodiscard]] std::optional<Duration> bound_after_crash() const;
  /// Recounts; a bug aborts.
  void check_consistency() const;

 private:
  struct Hold {
    std::uint64_t weight = 0;  // weighted_count
    TimePoint lease_until;     // by the owner's clock
  };
  struct Block {
    std::map<GcHolder, Hold> holds;        // true holds, of dead holders too until the owner learns
    std::int64_t known = 0;                // local_count, tombstone: references the owner knows of
    std::uint64_t out = 0;                 // weighted_count: weight handed out
    std::uint32_t unmarked = 0;            // mark_sweep: epochs without a mark
    std::optional<TimePoint> marked_dead;  // tombstone
    std::optional<TimePoint> garbage_since;
    bool freed = false;
  };
  struct Message {
    TimePoint at;
    std::uint64_t order = 0;
    GcBlock block;
    std::int64_t change = 0;   // of known references
    std::uint64_t weight = 0;  // returned
    auto operator<=>(const Message& other) const { return std::pair(at, order) <=> std::pair(other.at, other.order); }
  };

  void send(GcBlock block, std::int64_t change, std::uint64_t weight, bool lost);
  void arrive(const Message& message);
  void heartbeats();
  void sweep();
  void expire();
  void judge(GcBlock block);
  void free(GcBlock block);
  void note_liveness(GcBlock block);
  [[nodiscard]] TimePoint next_event(TimePoint limit) const;

  GcParams params_;
  std::vector<bool> alive_;
  std::vector<Duration> skew_;
  std::vector<Block> blocks_;
  std::size_t open_ = 0;
  std::set<Message> messages_;
  std::uint64_t sent_ = 0;
  TimePoint now_;
  TimePoint next_heartbeat_;
  TimePoint next_epoch_;
  GcCounters counters_;
};

}  // namespace cleave
