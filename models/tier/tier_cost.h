#pragma once
// What a tier takes for an access: time and money. Pure functions of the tier and of how the access is cut up.

#include <cstdint>
#include <optional>

#include "models/hardware/tier.h"
#include "models/units/units.h"

namespace cleave {

enum class TierAccess : std::uint8_t { read, write };

/// Consecutive KV that is accessed at once. Shape: `accesses` operations of `bytes` together, at least 1.
struct TierLoad {
  Bytes bytes;
  std::int64_t accesses = 1;
};

/// So many accesses for `bytes` in objects (or blocks) of `object` bytes.
[[nodiscard]] TierLoad in_objects(Bytes bytes, Bytes object);

/// Nothing moves for `before`; then the bytes, no faster than `rate`. With a flow on the platform: start it after
/// `before`, capped at `rate`; the platform's link of the tier then shares what all accesses together can have.
struct TierStages {
  Duration before{};
  Bytes bytes;  // that the medium moves: each access rounded up to the tier's access size
  BytesPerSecond rate;

  [[nodiscard]] Duration total() const { return before + next_nanosecond(seconds_to_move(bytes, rate)); }
};

/// before: the latency of the first access. rate: the least of the bandwidth, operations per second times the bytes of
/// one, and what `queue_depth` accesses under way sustain when each takes the latency and then its bytes (Little).
/// Errors: none.
[[nodiscard]] TierStages tier_stages(const TierSpec& tier, TierAccess access, const TierLoad& load);

/// Request and volume fees of accesses; nothing for tiers without such prices.
[[nodiscard]] Usd access_price(const TierSpec& tier, TierAccess access, const TierLoad& load);

/// Rent of `bytes` for one month (730 hours). nullopt: the tier's price is not known.
/// A price per GB is per 10^9 bytes, as cloud price lists and makers of memory count.
[[nodiscard]] std::optional<Usd> rent_per_month(const TierSpec& tier, Bytes bytes);

/// Reuses a month from which keeping `load` costs less than computing it anew for `recompute` each time. Each reuse
/// pays a read. nullopt: never (a read costs as much as computing), or the price is not known.
[[nodiscard]] std::optional<double> break_even_reuses(const TierSpec& tier, const TierLoad& load, Usd recompute);

}  // namespace cleave
