#pragma once
// Time of the routed experts of one layer on one rank: gate, up and down products, without dispatch and combine.

#include <array>

#include "models/cost/forms/form.h"

namespace cleave {

/// `tokens` before routing, of all ranks of the expert-parallel group together. Bytes are of one element.
struct MoeWork {
  double tokens = 1;
  double hidden = 0;
  double inner = 0;   // of one expert, before tensor parallelism
  double chosen = 1;  // experts a token
  double experts = 1;
  double tensor_ranks = 1;
  double expert_ranks = 1;
  double weight_bytes = 2;
  double activation_bytes = 2;
};

namespace moe {
inline constexpr std::array<Coefficient, 9> kCoefficients{{
    {"launch_s", 2e-5, 1e-6, 1e-3, "fixed time of the kernels"},
    {"compute_share", 0.5, 0.005, 1.2, "share of the peak that full tiles reach"},
    {"memory_share", 0.7, 0.02, 1.2, "share of the bandwidth while weights are read"},
    {"sharpness", 2.5, 1.2, 8, "of the maximum of computing and moving"},
    {"tile_rows", 32, 1, 256, "rows that an expert with a single token computes"},
    {"permute_share", 0.4, 0.005, 1.2, "share of the bandwidth while rows are gathered, activated and scattered"},
    {"expert_s", 1e-8, 1e-10, 1e-5, "each expert that some token chose"},
    {"evenness", 2, 0.25, 12, "of choices: 2 if independent, more if balanced, less if few experts are popular"},
    {"crowding", 0.02, 1e-3, 0.8, "power of the ranks by which the fullest rank exceeds its even share"},
}};
}  // namespace moe

/// Seconds. Coefficients: moe::kCoefficients.
[[nodiscard]] double moe_seconds(const MoeWork& work, const DeviceRates& device, Coefficients c);

/// Experts of the rank that at least one token chooses: all of them once tokens are many, one a choice while few.
[[nodiscard]] double moe_hit_experts(const MoeWork& work, double evenness);
[[nodiscard]] double moe_flops(const MoeWork& work);
[[nodiscard]] double moe_bytes(const MoeWork& work);

}  // namespace cleave
