#pragma once

#include <array>
#include <string_view>

namespace cleave {

/// What of summary.json is exported and compared when nothing is asked for.
inline constexpr std::array<std::string_view, 16> kDefaultColumns{"requests.arrived",
                                                                  "requests.completed",
                                                                  "ttft_s.mean",
                                                                  "ttft_s.p50",
                                                                  "ttft_s.p99",
                                                                  "tpot_s.mean",
                                                                  "tpot_s.p99",
                                                                  "e2e_s.mean",
                                                                  "e2e_s.p99",
                                                                  "goodput_req_per_s",
                                                                  "slo_attainment",
                                                                  "output_tokens_per_s",
                                                                  "output_tokens_per_s_per_gpu",
                                                                  "kv_hit_ratio_tokens",
                                                                  "cost_usd",
                                                                  "cost_usd_per_mtok_output"};

}  // namespace cleave
