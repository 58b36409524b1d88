#pragma once
// Times of collectives inside a scale-up domain, and of point-to-point transfers of KV.

#include <array>
#include <cstdint>

#include "models/cost/forms/form.h"

namespace cleave {

enum class CollectiveKind : std::uint8_t { all_reduce, all_gather, reduce_scatter, all_to_all };

/// `bytes` are the buffer of one rank as the library's own benchmark counts it.
struct CollectiveWork {
  CollectiveKind kind = CollectiveKind::all_reduce;
  double ranks = 2;
  double bytes = 0;
};

namespace collective {
inline constexpr std::array<Coefficient, 5> kCoefficients{{
    {"launch_s", 5e-6, 5e-7, 2e-4, "fixed time"},
    {"hop_s", 5e-7, 1e-9, 1e-4, "each rank beyond the second"},
    {"link_share", 0.8, 0.02, 3, "share of a link's bandwidth; above 1 where the switch reduces or multicasts"},
    {"ramp_bytes", 1e5, 1, 1e9, "bytes on the wire that take twice their time: short messages use slow protocols"},
    {"contention", 0.02, 1e-3, 3, "power of the pairs of ranks by which shared links slow the transfer"},
}};
}  // namespace collective

/// Bytes that one rank sends, algorithms being optimal in bandwidth.
[[nodiscard]] double wire_bytes(const CollectiveWork& work);

/// Seconds: launch + hops + (wire + sqrt(wire x ramp)) / bandwidth. Coefficients: collective::kCoefficients.
[[nodiscard]] double collective_seconds(const CollectiveWork& work, const DeviceRates& device, Coefficients c);

namespace direct_all_reduce {
inline constexpr std::array<Coefficient, 6> kCoefficients{{
    collective::kCoefficients[0],
    collective::kCoefficients[1],
    collective::kCoefficients[2],
    collective::kCoefficients[3],
    {"uplink_share", 1, 0.05, 20, "of what two ranks share towards the others, as a multiple of link_share"},
    {"stage_s", 2e-6, 1e-8, 1e-4, "time between the two passes that large buffers take"},
}};
}  // namespace direct_all_reduce

/// All-reduce by kernels that read their peers' memory: in one pass (each rank reads all others' buffers) or in two
/// (each reduces its part and reads the rest), whichever is faster. Without links of their own, two ranks share an
/// uplink, over which all that comes from beyond the pair arrives. Never falls as bytes or ranks grow.
/// Coefficients: direct_all_reduce::kCoefficients.
[[nodiscard]] double direct_all_reduce_seconds(const CollectiveWork& work, const DeviceRates& device, Coefficients c);

namespace transfer {
inline constexpr std::array<Coefficient, 2> kCoefficients{{
    {"latency_s", 3e-4, 1e-7, 1, "of a transfer of no bytes, registration and completion included"},
    {"bytes_per_s", 1e11, 1e6, 1e14, "asymptotic"},
}};
}  // namespace transfer

/// Seconds: latency + bytes / bandwidth. Coefficients: transfer::kCoefficients.
[[nodiscard]] double transfer_seconds(double bytes, Coefficients c);

}  // namespace cleave
