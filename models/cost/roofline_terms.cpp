#include "models/cost/roofline_terms.h"

#include <algorithm>
#include <cmath>

#include "models/arch/layer_work.h"
#include "models/units/real.h"

namespace cleave {
namespace {

// Kernels of a layer that are no matrix product: two norms, rotation with cache write, activation.
constexpr double kVectorKernels = 4;

/// Rates of one weight format on one device.
struct FormatRates {
  double prefill_flops = 0;  // operations a second
  double decode_flops = 0;
  double weight_bytes = 0;  // of one weight
  bool converts = false;    // activations are converted by a kernel of their own
};

FormatRates rates_of(const DeviceSpec& device, Dtype dtype) {
  const GemmRate* rate = &device.compute.bf16;
  if (dtype == Dtype::fp8 && device.compute.fp8) rate = &*device.compute.fp8;
  if (dtype == Dtype::fp4 && device.compute.fp4) rate = &*device.compute.fp4;
  const double peak = rate->peak.value.value();
  return {peak * rate->prefill_efficiency.value, peak * rate->decode_efficiency.value, bytes_per_element(dtype),
          rate != &device.compute.bf16};
}

/// The link that a tensor-parallel group or two pipeline stages talk over.
struct GroupLink {
  double bytes_per_second = 0;
  double latency = 0;
};

class Builder {
 public:
  Builder(const LlmSpec& model, const DeviceSpec& device, const ReplicaLayout& layout)
      : model_(model),
        device_(device),
        layout_(layout),
        quantized_(rates_of(device, layout.weights)),
        plain_(rates_of(device, Dtype::bf16)),
        weight_bandwidth_(device.memory.bandwidth.value.value() * device.memory.gemm_efficiency.value),
        kv_bandwidth_(device.memory.bandwidth.value.value() * device.memory.attention_efficiency.value),
        attention_flops_(device.compute.bf16.peak.value.value() * device.compute.attention_efficiency.value) {}

  RooflineTerms build() {
    for (const LayerGroup& group : model_.layers) add_group(real(group.count), layer_work(model_, group, layout_));
    terms_.head = gemm(1, head_matmul(model_, layout_));
    terms_.fixed += seconds(device_.overheads.operation) + seconds(device_.overheads.step);
    if (layout_.tp > 1) add_all_reduces();
    if (layout_.pp > 1) add_hops();
    return std::move(terms_);
  }

 private:
  static double seconds(const Sourced<Duration>& duration) { return to_seconds(duration.value); }

  GemmTerm gemm(double layers, const MatMul& matmul) const {
    const FormatRates& rates = matmul.quantized ? quantized_ : plain_;
    const double flops = 2 * matmul.weights() * layers;
    return {flops / rates.prefill_flops, flops / rates.decode_flops,
            matmul.weights() * layers * rates.weight_bytes / weight_bandwidth_,
            real(matmul.inputs + matmul.outputs) * layers * kActivation / weight_bandwidth_};
  }

  void add_group(double layers, const LayerWork& work) {
    double kernels = kVectorKernels;
    for (const MatMul& matmul : work.dense) {
      terms_.gemms.push_back(gemm(layers, matmul));
      kernels += matmul.quantized && quantized_.converts ? 2 : 1;
    }
    if (work.experts) {
      add_experts(layers, *work.experts);
      kernels += real(static_cast<std::int64_t>(work.experts->each.size())) * (quantized_.converts ? 2 : 1);
      kernels += kRoutingKernels;
    }
    for (const AttentionTerm& term : work.attention) terms_.scans.push_back(scan(layers, term));
    terms_.fixed += layers * (kernels * seconds(device_.overheads.operation) + seconds(device_.overheads.attention));
    terms_.per_token += layers * (work.activation_bytes - work.expert_activation_bytes) / weight_bandwidth_;
    terms_.per_token += layers * work.recurrent_flops / attention_flops_;
    terms_.per_sequence += layers * 2 * work.state_bytes / weight_bandwidth_;
  }

  void add_experts(double layers, const ExpertWork& work) {
    ExpertTerm term;
    term.experts = real(work.experts);
    term.log_missed = std::log1p(-real(work.top_k) / real(work.experts));
    for (const MatMul& matmul : work.each) {
      const GemmTerm one = gemm(layers, matmul);
      // Rows of the busiest rank: a token's choices are spread over `ep` ranks, unevenly.
      const double rows = real(work.top_k) / layout_.ep * layout_.expert_imbalance;
      term.all.prefill_row += one.prefill_row * rows;
      term.all.decode_row += one.decode_row * rows;
      term.all.row_bytes += one.row_bytes * rows;
      term.all.weights += one.weights * real(work.held);
    }
    terms_.experts.push_back(term);
  }

  ScanTerm scan(double layers, const AttentionTerm& term) const {
    return {layers * term.prefill_flops / attention_flops_, layers * term.expand_flops / attention_flops_,
            layers * term.bytes / kv_bandwidth_,
            layers * std::max(term.decode_flops / attention_flops_, term.bytes / kv_bandwidth_), term.cap};
  }

  /// The scale-up links while `accelerators` fit in one domain, else the network (or the host's bus, within a node).
  GroupLink link_for(std::uint32_t accelerators) const {
    if (device_.scale_up && accelerators <= device_.scale_up->domain.value) {
      const ScaleUpSpec& links = *device_.scale_up;
      return {links.bandwidth.value.value() * links.efficiency.value, seconds(links.latency)};
    }
    const bool one_node = accelerators <= device_.devices_per_node.value;
    return {(one_node ? device_.host_link : device_.nic).value.value(), seconds(device_.overheads.hop)};
  }

  /// One after attention and one after the MLP of each layer, one after the embedding, one gathering the logits.
  void add_all_reduces() {
    const GroupLink link = link_for(layout_.tp);
    const double count = 2 * real(model_.layer_count()) + 2;
    const double traffic = 2.0 * (layout_.tp - 1) / layout_.tp * real(model_.hidden) * kActivation;
    terms_.fixed += count * link.latency;
    terms_.per_token += count * traffic / link.bytes_per_second;
  }

  void add_hops() {
    const GroupLink link = link_for(layout_.tp * layout_.pp);
    const double hops = layout_.pp - 1;
    terms_.fixed += hops * seconds(device_.overheads.hop);
    terms_.per_token += hops * real(model_.hidden) * kActivation / link.bytes_per_second;
  }

  const LlmSpec& model_;
  const DeviceSpec& device_;
  const ReplicaLayout& layout_;
  FormatRates quantized_;
  FormatRates plain_;
  double weight_bandwidth_;
  double kv_bandwidth_;
  double attention_flops_;
  RooflineTerms terms_;
};

}  // namespace

RooflineTerms roofline_terms(const LlmSpec& model, const DeviceSpec& device, const ReplicaLayout& layout) {
  return Builder(model, device, layout).build();
}

double expected_hit_share(const ExpertTerm& term, double tokens) {
  return tokens > 0 ? -std::expm1(tokens * term.log_missed) : 0;
}

}  // namespace cleave
