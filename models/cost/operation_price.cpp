#include "models/cost/operation_price.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "models/cost/flash_attention.h"
#include "models/cost/flashinfer.h"
#include "models/cost/generic_price.h"

namespace cleave {
namespace {

/// The load of a router's choices that tables are asked for: uneven, as traffic is.
constexpr std::string_view kExpertLoad = "power_law_1.01";

/// vLLM reduces small buffers with kernels of its own, larger ones through the library. Source: its default limit.
constexpr double kCustomReduceBytes = 8 << 20;

std::string_view gemm_family(Dtype weights) {
  if (weights == Dtype::fp8) return "gemm_fp8";
  return weights == Dtype::fp4 ? "gemm_fp4" : "gemm_bf16";
}
std::string_view gemm_base(Dtype weights) {
  if (weights == Dtype::fp8) return "fp8";
  return weights == Dtype::fp4 ? "nvfp4" : "bfloat16";
}
std::string_view expert_format(Dtype weights) {
  if (weights == Dtype::fp8) return "fp8_block";
  return weights == Dtype::fp4 ? "nvfp4" : "bfloat16";
}

std::string_view collective_base(CollectiveKind kind) {
  constexpr std::array<std::string_view, 4> names{"all_reduce", "all_gather", "reduce_scatter", "alltoall"};
  return names[static_cast<std::size_t>(kind)];
}

/// KV that a codec stores is read no faster than bf16 would be: decoding it takes what the bytes save.
/// Source: vLLM's pull request 38479, 79 to 100 % of bf16's throughput at the same batch.
AttentionHeads as_read(AttentionHeads heads, Dtype kv) {
  if (is_kv_codec(kv)) heads.kv_bytes = bytes_per_element(Dtype::bf16);
  return heads;
}

std::string heads_base(const AttentionHeads& heads, Dtype kv) {
  return attention_base(kv == Dtype::fp8 ? "fp8" : "bfloat16", heads.width, heads.window);
}

std::optional<KernelAxes> axes_of(const Operation& operation) {
  if (const auto* w = std::get_if<GemmWork>(&operation.work)) return gemm_axes(*w);
  if (const auto* w = std::get_if<MoeWork>(&operation.work)) return moe_axes(*w);
  if (const auto* w = std::get_if<CollectiveWork>(&operation.work)) return collective_axes(*w);
  if (const auto* w = std::get_if<PrefillWork>(&operation.work)) {
    PrefillWork read = *w;
    read.heads = as_read(w->heads, operation.dtype);
    return prefill_attention_axes(read);
  }
  if (const auto* w = std::get_if<DecodeWork>(&operation.work)) {
    DecodeWork read = *w;
    read.heads = as_read(w->heads, operation.dtype);
    return decode_attention_axes(read);
  }
  return std::nullopt;
}

Confidence confidence_of(KernelSource source) {
  if (source == KernelSource::measured) return Confidence::measured;
  return source == KernelSource::transferred ? Confidence::assumed : Confidence::derived;
}

OperationPrice priced(const KernelPrice& price) {
  return {price.seconds, static_cast<PriceSource>(price.source), price.error, confidence_of(price.source)};
}

}  // namespace

std::string_view to_string(PriceSource source) {
  constexpr std::array<std::string_view, kPriceSources> names{"measured",    "fitted",  "extrapolated",
                                                              "transferred", "generic", "overhead"};
  return names[static_cast<std::size_t>(source)];
}

const KernelFit* experts_fit(const KernelTables& tables, Dtype weights, MoeBackend backend) {
  const auto table = tables.find("moe");
  if (table == tables.end()) return nullptr;
  return table->second.serving(moe_base(expert_format(weights), kExpertLoad), library_of(backend));
}

KernelTables load_kernel_tables(const std::filesystem::path& folder, const DeviceSpec& device) {
  KernelTables tables;
  for (const KernelFamily& family : kernel_families()) {
    const std::filesystem::path file = folder / (std::string(family.name) + ".json");
    if (std::filesystem::exists(file)) tables.emplace(family.name, KernelTable::load(file, device));
  }
  return tables;
}

const KernelFit* OperationPricer::serving(std::string_view family, std::string_view base) const {
  const auto table = tables_.find(family);
  return table == tables_.end() ? nullptr : table->second.serving(base);
}

/// What was timed inside an engine comes first, where it was of this shape: it is what a step does.
const KernelFit* OperationPricer::serving(std::string_view family, std::string_view base,
                                          const KernelAxes& axes) const {
  const auto table = tables_.find(family);
  if (table == tables_.end()) return nullptr;
  const KernelFit* timed = table->second.timed_in_engine(base, axes);
  return timed != nullptr ? timed : table->second.serving(base);
}

const KernelFit* OperationPricer::fit_for(const Operation& operation, const KernelAxes& axes) const {
  if (std::holds_alternative<GemmWork>(operation.work)) {
    return serving(gemm_family(operation.dtype), gemm_base(operation.dtype), axes);
  }
  if (std::holds_alternative<MoeWork>(operation.work)) {
    return experts_fit(tables_, operation.dtype, kernels_.experts);
  }
  if (const auto* w = std::get_if<PrefillWork>(&operation.work)) {
    return serving("prefill_attention", heads_base(w->heads, operation.dtype), axes);
  }
  if (const auto* w = std::get_if<DecodeWork>(&operation.work)) {
    return serving("decode_attention", heads_base(w->heads, operation.dtype), axes);
  }
  if (const auto* w = std::get_if<CollectiveWork>(&operation.work)) {
    // Accelerators without links of their own were measured over the host's; vLLM's kernels then serve two of them.
    const bool linked = device_.scale_up.has_value();
    if (w->ranks > (linked ? device_.scale_up->domain.value : device_.devices_per_node.value)) return nullptr;
    if (w->kind == CollectiveKind::all_reduce && w->bytes <= kCustomReduceBytes && (linked || w->ranks <= 2)) {
      if (const KernelFit* fit = serving("custom_all_reduce", "vllm_graph")) return fit;
    }
    return serving("nccl", collective_base(w->kind));
  }
  return nullptr;
}

/// Through the host's memory a collective is the library's own, each byte crossing the bus again and again, and each of
/// its hops waits for the other side to see what was written.
OperationPrice OperationPricer::staged_price(const CollectiveWork& w) const {
  const HostStagingSpec& staging = *device_.host_staging;
  CollectiveWork crossing = w;
  crossing.bytes *= staging.crossings.value;
  const Operation direct{OperationKind::collective, "", 1, Dtype::bf16, crossing};
  OperationPrice price = generic_price(direct);
  if (const KernelFit* fit = serving("nccl", collective_base(w.kind))) {
    const KernelPrice fitted = fit->predict(collective_axes(crossing));
    price = priced(fitted);
    price.source = std::max(price.source, PriceSource::extrapolated);
  }
  const double hops = (w.ranks - 1) * (w.kind == CollectiveKind::all_reduce ? 2 : 1);
  price.seconds += hops * to_seconds(staging.hop.value);
  price.confidence = std::max({price.confidence, staging.hop.confidence, staging.crossings.confidence});
  return price;
}

/// In one step: every rank reads the buffers of all others.
OperationPrice OperationPricer::fused_price(const CollectiveWork& w) const {
  const ScaleUpSpec& links = *device_.scale_up;
  const double rate = links.bandwidth.value.value() * links.efficiency.value;
  return {to_seconds(links.latency.value) + (w.ranks - 1) * w.bytes / rate, PriceSource::generic, 0,
          std::max({links.latency.confidence, links.bandwidth.confidence, links.efficiency.confidence})};
}

/// Decodes in one call with prompts.
OperationPrice OperationPricer::joint_price(const DecodeWork& w, Dtype kv) const {
  const KernelFit* fit = w.heads.window > 0 ? nullptr : serving("joint_attention", heads_base(w.heads, kv));
  if (fit == nullptr) {
    return {joint_decode_seconds(w, device_), PriceSource::generic, 0, joint_decode_confidence(device_)};
  }
  return priced(joint_decode_price(w, device_, *fit));
}

/// By what the deployment chose instead of what tables measured. Result: nullopt where that says nothing.
std::optional<OperationPrice> OperationPricer::chosen_price(const Operation& operation) const {
  if (kernels_.attention == AttentionBackend::flashinfer_fa2) {
    const auto transferred = [this](double seconds) {
      return OperationPrice{seconds, PriceSource::transferred, 0, fa2_confidence(device_)};
    };
    if (const auto* w = std::get_if<DecodeWork>(&operation.work)) return transferred(fa2_decode_seconds(*w, device_));
    if (const auto* w = std::get_if<PrefillWork>(&operation.work)) return transferred(fa2_prefill_seconds(*w, device_));
  }
  if (const auto* w = std::get_if<DecodeWork>(&operation.work); w != nullptr && w->beside > 0) {
    return joint_price(*w, operation.dtype);
  }
  const auto* w = std::get_if<CollectiveWork>(&operation.work);
  if (w == nullptr) return std::nullopt;
  if (kernels_.fused_reduce && w->kind == CollectiveKind::all_reduce && w->bytes <= fused_reduce_limit(w->ranks)) {
    return fused_price(*w);
  }
  if (kernels_.peers == PeerAccess::host && w->ranks <= device_.devices_per_node.value) {
    return staged_price(*w);
  }
  return std::nullopt;
}

OperationPrice OperationPricer::price(const Operation& operation) const {
  if (const auto chosen = chosen_price(operation)) return *chosen;
  const auto axes = axes_of(operation);
  const KernelFit* fit = axes ? fit_for(operation, *axes) : nullptr;
  if (fit == nullptr) return generic_price(operation);
  KernelPrice price = fit->predict(*axes);
  const auto* w = std::get_if<DecodeWork>(&operation.work);
  if (w != nullptr && !fit->variant().in_engine()) price.seconds += cold_start_seconds(*w, device_);
  return priced(price);
}

OperationPrice OperationPricer::generic_price(const Operation& operation) const {
  return cleave::generic_price(operation, device_);
}

}  // namespace cleave
