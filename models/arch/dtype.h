#pragma once
// Number formats of weights and KV.

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace cleave {

/// The last four store KV only: TurboQuant's presets in vLLM, a random rotation and a codebook for each channel.
enum class Dtype : std::uint8_t { bf16, fp8, fp4, turboquant_k8v4, turboquant_4bit, turboquant_k3v4, turboquant_3bit };

/// What is known of a format.
struct DtypeFacts {
  Dtype dtype;
  std::string_view name;
  double bytes;           // of one stored element, scales included
  std::string_view note;  // on quality, for people
};

/// fp4 is 4.5 bits: 16 elements share an 8-bit scale, as in NVFP4.
/// Source of TurboQuant's bytes (2 over the compression it states) and perplexities: vLLM's pull request 38479.
inline constexpr std::array<DtypeFacts, 7> kDtypes{{
    {Dtype::bf16, "bf16", 2.0, ""},
    {Dtype::fp8, "fp8", 1.0, "within noise of bf16 on most models"},
    {Dtype::fp4, "fp4", 0.5625, "depends on the model: check its evaluation"},
    {Dtype::turboquant_k8v4, "turboquant_k8v4", 2 / 2.6, "perplexity +1.2 %"},
    {Dtype::turboquant_4bit, "turboquant_4bit_nc", 2 / 3.8, "perplexity +2.7 %"},
    {Dtype::turboquant_k3v4, "turboquant_k3v4_nc", 2 / 3.5, "perplexity +10.6 %"},
    {Dtype::turboquant_3bit, "turboquant_3bit_nc", 2 / 4.9, "perplexity +20.6 %; some tasks collapse"},
}};

[[nodiscard]] constexpr const DtypeFacts& facts_of(Dtype dtype) {
  return kDtypes[static_cast<std::size_t>(dtype)];
}

[[nodiscard]] constexpr double bytes_per_element(Dtype dtype) {
  return facts_of(dtype).bytes;
}
[[nodiscard]] constexpr std::string_view name_of_dtype(Dtype dtype) {
  return facts_of(dtype).name;
}

/// Whether KV in this format is encoded and decoded by arithmetic of its own.
[[nodiscard]] constexpr bool is_kv_codec(Dtype dtype) {
  return dtype >= Dtype::turboquant_k8v4;
}

/// Result: nullopt for an unknown name.
[[nodiscard]] constexpr std::optional<Dtype> dtype_named(std::string_view name) {
  for (const DtypeFacts& facts : kDtypes) {
    if (facts.name == name) return facts.dtype;
  }
  return std::nullopt;
}

}  // namespace cleave
