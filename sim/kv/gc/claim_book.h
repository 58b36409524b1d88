#pragma once
// All claims of a run: taken, given up, orphaned by crashes, and ended by the scheme. What, never when: times are told.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "models/units/slot_pool.h"
#include "sim/kv/gc/claim.h"
#include "sim/kv/gc/params.h"
#include "sim/kv/gc/reclaim_rule.h"

namespace cleave {

struct ClaimBookParams {
  GcParams gc;
  Duration latency{};  // of a message between a claimant and a keeper or the registry
  std::size_t claimants = 0;
  std::uint64_t seed = 1;
};

struct GcCounters {
  std::uint64_t taken = 0;
  std::uint64_t freed = 0;             // let go by their keeper
  std::uint64_t died_with_keeper = 0;  // the memory is gone, and the claim with it
  std::uint64_t premature_frees = 0;   // of the freed: the claimant still needed it
  std::uint64_t orphaned = 0;          // their claimant died
  std::uint64_t messages = 0;          // about metadata: registrations, notices, heartbeats, marks
  std::uint64_t notices_lost = 0;
  bool operator==(const GcCounters&) const = default;
};

class ClaimBook {
 public:
  explicit ClaimBook(const ClaimBookParams& params);

  ClaimId take(const ClaimTerms& terms, TimePoint now);
  /// The claimant needs it no more, and says so if the scheme asks for that. Ended and orphaned claims are left alone.
  void release(ClaimId claim, TimePoint now);
  /// A claimant dies without a word. Result: its claims that are still there.
  std::vector<ClaimId> claimant_died(ClaimantId claimant, TimePoint now);
  /// A keeper loses all it kept: its claims are over. Result: those.
  std::vector<ClaimId> keeper_died(KeeperId keeper, TimePoint now);

  /// When the keeper is to look at a claim; nullopt: not before something else happens to it.
  [[nodiscard]] std::optional<TimePoint> due(ClaimId claim, TimePoint now) const;
  enum class Verdict : std::uint8_t { stays, freed, freed_early };
  /// The keeper looks. Freed: the claim is over, the name stale.
  Verdict look(ClaimId claim, TimePoint now);
  /// The claims of a claimant that are there, in order of their names.
  [[nodiscard]] std::vector<ClaimId> claims_of(ClaimantId claimant) const;

  [[nodiscard]] bool open(ClaimId claim) const {
    return claim.slot() < slots_.slots() && slots_[claim.slot()].live &&
           slots_[claim.slot()].generation == claim.generation();
  }
  [[nodiscard]] const Claim& claim(ClaimId id) const { return slots_[id.slot()].claim; }

  [[nodiscard]] GcCounters counters(TimePoint now) const;
  [[nodiscard]] std::size_t unreclaimed() const { return slots_.live(); }
  /// Bytes that are kept for nobody.
  [[nodiscard]] Bytes orphaned_bytes() const { return orphaned_; }
  [[nodiscard]] Bytes peak_orphaned_bytes() const { return peak_; }
  /// Byte-seconds for which bytes were kept for nobody.
  [[nodiscard]] double leaked_byte_seconds(TimePoint now) const;
  /// From when nobody needed it to its end; of the claim that look() freed last.
  [[nodiscard]] Duration last_wait() const { return last_wait_; }
  /// Recounts everything; a bug aborts. No claim may have outlived its scheme's bound.
  void check_consistency(TimePoint now) const;

 private:
  __extension__ using Area = __int128;  // 10^12 bytes for 10^14 ns
  struct Slot {
    Claim claim;
    std::uint32_t generation = 1;
    bool live = false;
  };
  /// Claims that a holder's beats to one hearer are about.
  struct Speaking {
    std::int64_t claims = 0;
    TimePoint since;
    std::uint64_t sent = 0;
  };
  void speak(const Claim& claim, std::int64_t change, TimePoint now);
  void becomes_garbage(Claim& claim, TimePoint now);
  void close(ClaimId id, TimePoint now);
  void note_orphans(TimePoint now, std::int64_t change);

  GcParams gc_;
  Duration latency_;
  std::unique_ptr<ReclaimRule> rule_;
  Rng notices_;
  SlotPool<Slot> slots_;
  std::map<std::pair<ClaimantId, KeeperId>, Speaking> speaking_;
  Bytes orphaned_;
  Bytes peak_;
  Area leaked_ = 0;
  TimePoint leaked_at_;
  Duration last_wait_{};
  GcCounters counters_;
};

}  // namespace cleave
