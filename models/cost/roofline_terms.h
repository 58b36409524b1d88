#pragma once
// The coefficients of a roofline: seconds per row, per weight read and per visible token, for one model on one device
// with one layout. Built once; a step is then a short sum of maxima.

#include <cstdint>
#include <optional>
#include <vector>

#include "models/arch/layout.h"
#include "models/arch/llm_spec.h"
#include "models/hardware/device.h"

namespace cleave {

/// A matrix product over all layers that hold such a matrix: the slower of computing and moving bytes.
struct GemmTerm {
  double prefill_row = 0;  // seconds of computing per prompt token
  double decode_row = 0;   // per decoded token
  double weights = 0;      // seconds of reading the weights
  double row_bytes = 0;    // of moving inputs and outputs, per token
};

/// The experts of all layers of a group: only those that some token chose are read.
struct ExpertTerm {
  double experts = 0;
  double log_missed = 0;  // log(1 - top_k / experts): one token misses one expert
  GemmTerm all;           // `weights` reads every expert
};

/// A scan of earlier tokens over all layers of a group.
struct ScanTerm {
  double pair = 0;     // seconds of computing per (prompt token, visible token)
  double expand = 0;   // per token of earlier context, once per chunk
  double visible = 0;  // seconds of reading per visible token, once per chunk
  double decode = 0;   // seconds per visible token of a single query token: computing or reading, the slower
  std::optional<double> cap;
};

struct RooflineTerms {
  double fixed = 0;         // seconds of every step that computes anything
  double per_token = 0;     // norms, rotations, activations, all-reduces, hops
  double per_sequence = 0;  // constant state, in and out
  std::vector<GemmTerm> gemms;
  std::vector<ExpertTerm> experts;
  std::vector<ScanTerm> scans;
  GemmTerm head;  // rows: sequences, not tokens
};

[[nodiscard]] RooflineTerms roofline_terms(const LlmSpec& model, const DeviceSpec& device, const ReplicaLayout& layout);

/// Seconds of a product of `prefill` prompt rows and `decode` decoded rows.
[[nodiscard]] inline double gemm_seconds(const GemmTerm& term, double prefill, double decode) {
  const double computing = prefill * term.prefill_row + decode * term.decode_row;
  const double moving = term.weights + (prefill + decode) * term.row_bytes;
  return computing > moving ? computing : moving;
}

/// Expected share of experts that at least one of `tokens` chose, choices being independent and even.
[[nodiscard]] double expected_hit_share(const ExpertTerm& term, double tokens);

}  // namespace cleave
