#include "models/cost/roofline.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "models/arch/parameters.h"
#include "models/cost/roofline_terms.h"

namespace cleave {
namespace {

/// Decode attention of windowed layers: a line until every sequence fills its window.
struct CappedSlope {
  double seconds = 0;  // per visible token
  double cap = 0;      // visible tokens of one sequence
};

/// Prompt rows of a batch, summed once.
struct PrefillSums {
  double tokens = 0;
  double sequences = 0;
};

PrefillSums sum_prefills(const BatchShape& batch) {
  PrefillSums sums;
  for (const PrefillChunk& chunk : batch.prefills) sums.tokens += static_cast<double>(chunk.tokens.value());
  sums.sequences = static_cast<double>(batch.prefills.size());
  return sums;
}

double prefill_scan_seconds(const ScanTerm& term, const BatchShape& batch) {
  double pairs = 0;
  double visible = 0;
  double context = 0;
  for (const PrefillChunk& chunk : batch.prefills) {
    const double tokens = static_cast<double>(chunk.tokens.value());
    const double before = static_cast<double>(chunk.context.value());
    pairs += visible_pairs(tokens, before, term.cap);
    visible += term.cap ? std::min(before, *term.cap) + tokens : before + tokens;
    context += before;
  }
  return std::max(pairs * term.pair + context * term.expand, visible * term.visible);
}

double projection_seconds(const RooflineTerms& terms, double prefill, double decode) {
  double seconds = 0;
  for (const GemmTerm& term : terms.gemms) seconds += gemm_seconds(term, prefill, decode);
  return seconds;
}

double expert_seconds(const RooflineTerms& terms, double prefill, double decode) {
  double seconds = 0;
  for (const ExpertTerm& term : terms.experts) {
    GemmTerm hit = term.all;
    hit.weights *= expected_hit_share(term, prefill + decode);
    seconds += gemm_seconds(hit, prefill, decode);
  }
  return seconds;
}

double elementwise_seconds(const RooflineTerms& terms, double tokens, double sequences) {
  return tokens * terms.per_token + sequences * terms.per_sequence;
}

double decode_scan_seconds(const RooflineTerms& terms, double decodes, double context) {
  double seconds = 0;
  for (const ScanTerm& term : terms.scans) {
    seconds += term.decode * (term.cap ? std::min(context, decodes * *term.cap) : context);
  }
  return seconds;
}

class Roofline final : public StepCostModel {
 public:
  explicit Roofline(RooflineTerms terms) : terms_(std::move(terms)) {
    for (const ScanTerm& term : terms_.scans) add_slope(term);
    decode_base_.reserve(kTabulated);
    for (std::int64_t n = 0; n < kTabulated; ++n) decode_base_.push_back(rows_seconds(0, static_cast<double>(n), 0));
  }

  Duration step(const BatchShape& batch) const override {
    if (batch.prefills.empty()) {
      if (batch.decodes == 0) return Duration{};
      return decode_line(batch.decodes).at(batch.decode_context.value());
    }
    const PrefillSums prefill = sum_prefills(batch);
    const double decodes = static_cast<double>(batch.decodes);
    double seconds = rows_seconds(prefill.tokens, decodes, prefill.sequences);
    for (const ScanTerm& term : terms_.scans) seconds += prefill_scan_seconds(term, batch);
    if (batch.decodes > 0)
      seconds += decode_line(batch.decodes).scan(static_cast<double>(batch.decode_context.value()));
    return nearest_nanosecond(seconds);
  }

  void decode_steps(std::int64_t decodes, Tokens context, std::span<Duration> out) const override {
    const DecodeLine line = decode_line(decodes);
    std::int64_t total = context.value();
    for (Duration& duration : out) {
      duration = decodes == 0 ? Duration{} : line.at(total);
      total += decodes;
    }
  }

 private:
  static constexpr std::int64_t kTabulated = 2048;  // batch sizes whose context-free part is looked up

  /// Decode steps of one batch size, by total context.
  struct DecodeLine {
    double base;
    double slope;
    double decodes;
    const std::vector<CappedSlope>& capped;

    [[nodiscard]] double scan(double context) const {
      double seconds = slope * context;
      for (const CappedSlope& part : capped) seconds += part.seconds * std::min(context, decodes * part.cap);
      return seconds;
    }
    [[nodiscard]] Duration at(std::int64_t context) const {
      return nearest_nanosecond(base + scan(static_cast<double>(context)));
    }
  };

  void add_slope(const ScanTerm& term) {
    if (!term.cap) {
      slope_ += term.decode;
      return;
    }
    for (CappedSlope& part : capped_) {
      if (part.cap == *term.cap) {
        part.seconds += term.decode;
        return;
      }
    }
    capped_.push_back({term.decode, *term.cap});
  }

  /// All of a step but the scans of earlier tokens.
  double rows_seconds(double prefill, double decodes, double prefill_sequences) const {
    const double sequences = prefill_sequences + decodes;
    return terms_.fixed + elementwise_seconds(terms_, prefill + decodes, sequences) +
           projection_seconds(terms_, prefill, decodes) + expert_seconds(terms_, prefill, decodes) +
           gemm_seconds(terms_.head, 0, sequences);
  }

  DecodeLine decode_line(std::int64_t decodes) const {
    const double count = static_cast<double>(decodes);
    const double base =
        decodes < kTabulated ? decode_base_[static_cast<std::size_t>(decodes)] : rows_seconds(0, count, 0);
    return {base, slope_, count, capped_};
  }

  RooflineTerms terms_;
  double slope_ = 0;
  std::vector<CappedSlope> capped_;
  std::vector<double> decode_base_;
};

}  // namespace

std::unique_ptr<StepCostModel> make_roofline(const LlmSpec& model, const DeviceSpec& device,
                                             const ReplicaLayout& layout) {
  return std::make_unique<Roofline>(roofline_terms(model, device, layout));
}

StepParts roofline_parts(const LlmSpec& model, const DeviceSpec& device, const ReplicaLayout& layout,
                         const BatchShape& batch) {
  if (batch.prefills.empty() && batch.decodes == 0) return {};
  const RooflineTerms terms = roofline_terms(model, device, layout);
  const PrefillSums prefill = sum_prefills(batch);
  const double decodes = static_cast<double>(batch.decodes);
  const double sequences = prefill.sequences + decodes;
  StepParts parts;
  parts.projections = projection_seconds(terms, prefill.tokens, decodes);
  parts.experts = expert_seconds(terms, prefill.tokens, decodes);
  parts.attention = decode_scan_seconds(terms, decodes, static_cast<double>(batch.decode_context.value()));
  for (const ScanTerm& term : terms.scans) parts.attention += prefill_scan_seconds(term, batch);
  parts.head = gemm_seconds(terms.head, 0, sequences);
  parts.elementwise = elementwise_seconds(terms, prefill.tokens + decodes, sequences);
  parts.overhead = terms.fixed;
  return parts;
}

}  // namespace cleave
