#pragma once
// One holder's claim on blocks that somebody else keeps.

#include <cstdint>
#include <optional>

#include "models/units/units.h"

namespace cleave {

/// Who keeps blocks: a replica's memory, or one instance of a tier.
using KeeperId = Id<struct KeeperTag>;
/// Who holds blocks that are kept elsewhere: a replica.
using ClaimantId = Id<struct ClaimantTag>;

/// Names one claim for its lifetime; stale names are recognised.
class ClaimId {
 public:
  ClaimId() = default;
  ClaimId(std::uint32_t slot, std::uint32_t generation) : slot_(slot), generation_(generation) {}
  [[nodiscard]] std::uint32_t slot() const { return slot_; }
  [[nodiscard]] std::uint32_t generation() const { return generation_; }
  bool operator==(const ClaimId&) const = default;

 private:
  std::uint32_t slot_ = 0;
  std::uint32_t generation_ = 0;  // 0: no claim
};

struct ClaimTerms {
  KeeperId keeper;
  ClaimantId claimant;
  Bytes bytes;
  Duration lease{};     // lease
  bool renewed = true;  // lease: by heartbeats; otherwise it ends when its time is over, whatever happens
  Duration farther{};   // the claimant's word takes so much longer than a message does: it is in another region
};

/// A claim as it is, and as far as its keeper can know. The claimant needs it up to `done`; what of that reaches the
/// keeper, and when, is the scheme's.
struct Claim {
  ClaimTerms terms;
  TimePoint taken;
  std::optional<TimePoint> done;    // from then on the claimant needs it no more: it said so, or died
  std::optional<TimePoint> died;    // the claimant did, without a word
  std::optional<TimePoint> notice;  // when the claimant's word reaches the keeper

  [[nodiscard]] bool needed() const { return !done; }
};

}  // namespace cleave
