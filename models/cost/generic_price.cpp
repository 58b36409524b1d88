#include "models/cost/generic_price.h"

#include <algorithm>
#include <cmath>

#include "models/cost/forms/form.h"
#include "models/cost/forms/index_scan.h"

namespace cleave {
namespace {

/// Rows at which the catalogue states how much of the peak a product reaches.
constexpr double kDecodeRows = 512;
constexpr double kPrefillRows = 4096;

/// Collects the figures that a price rests on.
class Figures {
 public:
  double operator()(const Sourced<double>& figure) { return note(figure.confidence), figure.value; }
  double operator()(const Sourced<FlopsPerSecond>& figure) { return note(figure.confidence), figure.value.value(); }
  double operator()(const Sourced<BytesPerSecond>& figure) { return note(figure.confidence), figure.value.value(); }
  double operator()(const Sourced<Bytes>& figure) {
    return note(figure.confidence), static_cast<double>(figure.value.value());
  }
  double operator()(const Sourced<Duration>& figure) { return note(figure.confidence), to_seconds(figure.value); }

  [[nodiscard]] OperationPrice price(double seconds) const { return {seconds, PriceSource::generic, 0, worst_}; }

 private:
  void note(Confidence confidence) { worst_ = std::max(worst_, confidence); }
  Confidence worst_ = Confidence::measured;
};

const GemmRate& rate_of(const DeviceSpec& device, Dtype weights) {
  if (weights == Dtype::fp8 && device.compute.fp8) return *device.compute.fp8;
  if (weights == Dtype::fp4 && device.compute.fp4) return *device.compute.fp4;
  return device.compute.bf16;
}

/// Operations a second of a product of `rows` rows: between the two stated efficiencies, by the logarithm of the rows.
double product_rate(Figures& figures, const GemmRate& rate, double rows) {
  const double at =
      std::clamp(std::log(std::max(rows, 1.0) / kDecodeRows) / std::log(kPrefillRows / kDecodeRows), 0.0, 1.0);
  const double decode = figures(rate.decode_efficiency);
  return figures(rate.peak) * (decode + at * (figures(rate.prefill_efficiency) - decode));
}

OperationPrice product(const DeviceSpec& device, Dtype weights, double rows, double flops, double bytes,
                       double kernels) {
  Figures f;
  const GemmRate& rate = rate_of(device, weights);
  const double converted = &rate == &device.compute.bf16 ? 1 : 2;  // inputs are converted by a kernel of their own
  const double computing = flops / product_rate(f, rate, rows);
  const double moving = bytes / (f(device.memory.bandwidth) * f(device.memory.gemm_efficiency));
  return f.price(kernels * converted * f(device.overheads.operation) + std::max(computing, moving));
}

OperationPrice scan(const DeviceSpec& device, double flops, double bytes) {
  Figures f;
  const double computing = flops / (f(device.compute.bf16.peak) * f(device.compute.attention_efficiency));
  const double moving = bytes / (f(device.memory.bandwidth) * f(device.memory.attention_efficiency));
  return f.price(f(device.overheads.attention) + std::max(computing, moving));
}

/// Shares of the peak and the bandwidth are another device's: never better than derived.
OperationPrice index_scan_price(const DeviceSpec& device, double flops, double bytes) {
  Figures f;
  DeviceRates rates;
  rates.flops = f(device.compute.fp8 ? device.compute.fp8->peak : device.compute.bf16.peak);
  rates.bandwidth = f(device.memory.bandwidth);
  OperationPrice price = f.price(index_scan_seconds(flops, bytes, rates, index_scan::kPublished));
  price.confidence = std::max(price.confidence, Confidence::derived);
  return price;
}

/// Share of the cache that still holds what the kernel before wrote. Source: norms, rotations and activations of
/// Llama-3.1-8B and Qwen3-32B on RTX PRO 6000 and RTX 4090 (LLMServingSim's layer tables, vLLM 0.19): 0.8 on both.
constexpr double kHeldShare = 0.8;

OperationPrice stream(const DeviceSpec& device, const PlainWork& w) {
  Figures f;
  const double computing =
      w.flops > 0 ? w.flops / (f(device.compute.bf16.peak) * f(device.compute.attention_efficiency)) : 0;
  double moving = w.bytes > 0 ? w.bytes / (f(device.memory.bandwidth) * f(device.memory.gemm_efficiency)) : 0;
  if (w.handed && w.kernels > 0 && device.memory.cache && device.memory.cache_speed) {
    const double cold = cold_share(w.bytes / w.kernels, kHeldShare * f(*device.memory.cache));
    moving *= cold + (1 - cold) / f(*device.memory.cache_speed);
  }
  return f.price(w.kernels * f(device.overheads.operation) + std::max(computing, moving));
}

/// The scale-up links while the ranks fit in one domain, else the network (or the host's bus, within a node).
OperationPrice collective_price(const DeviceSpec& device, const CollectiveWork& w) {
  Figures f;
  if (device.scale_up && w.ranks <= device.scale_up->domain.value) {
    const ScaleUpSpec& links = *device.scale_up;
    return f.price(f(links.latency) + wire_bytes(w) / (f(links.bandwidth) * f(links.efficiency)));
  }
  const bool one_node = w.ranks <= device.devices_per_node.value;
  return f.price(f(device.overheads.hop) + wire_bytes(w) / f(one_node ? device.host_link : device.nic));
}

OperationPrice hop(const DeviceSpec& device, const HopWork& w) {
  Figures f;
  const double rate = device.scale_up ? f(device.scale_up->bandwidth) * f(device.scale_up->efficiency) : f(device.nic);
  return f.price(f(device.overheads.hop) + w.bytes / rate);
}

/// How many times its bytes KV takes to read, where decoding its format takes what the bytes save.
/// Source: of codecs, see operation_price.cpp; of latent entries in fp8, FlashMLA on H100 (aiconfigurator's tables,
/// vLLM 0.14): 825 us for 128 sequences of 16384 tokens and 16 heads, 853 us in bf16.
double slowness(const Operation& operation) {
  const double narrow = bytes_per_element(Dtype::bf16) / bytes_per_element(operation.dtype);
  if (is_kv_codec(operation.dtype)) return narrow;
  const bool latent = std::holds_alternative<PlainWork>(operation.work) && operation.name == "attention";
  return latent && operation.kind == OperationKind::decode_attention ? narrow : 1;
}

}  // namespace

OperationPrice generic_price(const Operation& operation, const DeviceSpec& device) {
  const double flops = flops_of(operation);
  const double bytes = bytes_of(operation);
  if (const auto* w = std::get_if<GemmWork>(&operation.work)) {
    return product(device, operation.dtype, w->m, flops, bytes, 1);
  }
  if (const auto* w = std::get_if<MoeWork>(&operation.work)) {
    return product(device, operation.dtype, w->tokens, flops, bytes, 2);
  }
  if (const auto* w = std::get_if<CollectiveWork>(&operation.work)) return collective_price(device, *w);
  if (const auto* w = std::get_if<HopWork>(&operation.work)) return hop(device, *w);
  if (const auto* w = std::get_if<PlainWork>(&operation.work); w != nullptr &&
                                                               operation.kind != OperationKind::decode_attention &&
                                                               operation.kind != OperationKind::prefill_attention) {
    return stream(device, *w);
  }
  if (operation.name == "index scan") return index_scan_price(device, flops, bytes);
  return scan(device, flops, bytes + (slowness(operation) - 1) * kv_bytes_of(operation));
}

}  // namespace cleave
