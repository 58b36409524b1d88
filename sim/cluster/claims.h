#pragma once
// Claims on the clock: asks their keepers to look at them when something is due, and tells who lets go of the blocks.

#include <functional>
#include <vector>

#include "sim/core/kernel.h"
#include "sim/kv/gc/claim_book.h"
#include "sim/metrics/histogram.h"

namespace cleave {

/// What became of the claims of a run.
struct GcOutcome {
  GcCounters counters;
  std::uint64_t unreclaimed = 0;  // claims that were still kept for nobody
  Bytes orphaned_bytes;           // of those
  Bytes peak_orphaned_bytes;
  double leaked_byte_seconds = 0;
  Histogram reclaim;   // from when nobody needed a claim to when its keeper let go
  Duration counted{};  // for how long, claims that outlived the last request included
  [[nodiscard]] double messages_per_s() const {
    return counted > Duration{0} ? static_cast<double>(counters.messages) / to_seconds(counted) : 0.0;
  }
};

enum class ClaimEnd : std::uint8_t {
  freed,       // nobody needs it any more, as far as its keeper knows
  too_early,   // and its keeper was wrong
  keeper_died  // the memory is gone
};

class Claims {
 public:
  using EndFn = std::function<void(ClaimEnd)>;
  /// `kernel` is borrowed and outlives the claims. `else_pending`: whether anything besides looks at needed claims can
  /// still happen; without that a run whose requests wait for ever would be watched for ever.
  Claims(const ClaimBookParams& params, Kernel& kernel, std::function<bool()> else_pending);

  /// `end` is called once, when the keeper lets go of the claim or dies. It may be called before the claim is released.
  ClaimId take(const ClaimTerms& terms, EndFn end);
  /// The claimant needs it no more. Ended and orphaned claims are left alone.
  void release(ClaimId claim);
  void claimant_died(ClaimantId claimant);
  void keeper_died(KeeperId keeper);
  [[nodiscard]] bool open(ClaimId claim) const { return book_.open(claim); }
  /// Whether a claim is open and its claimant alive and in need of it.
  [[nodiscard]] bool needed(ClaimId claim) const { return book_.open(claim) && book_.claim(claim).needed(); }

  /// Looks at needed claims that are armed.
  [[nodiscard]] std::size_t watching() const { return watching_; }
  [[nodiscard]] GcOutcome outcome() const;
  void check_consistency() const { book_.check_consistency(kernel_.now()); }

 private:
  struct Armed {
    EndFn end;
    EventId event;
    bool armed = false;
    bool watches = false;  // a claim that is needed
  };
  void arm(ClaimId claim);
  void disarm(Armed& at);
  void on_due(ClaimId claim);
  /// Whether the claim ended although it is needed.
  bool look(ClaimId claim);
  EndFn take_end(ClaimId claim);

  ClaimBook book_;
  Kernel& kernel_;
  std::function<bool()> else_pending_;
  std::vector<Armed> armed_;  // by slot
  std::size_t watching_ = 0;  // looks at needed claims that are armed
  Histogram reclaim_;
};

}  // namespace cleave
