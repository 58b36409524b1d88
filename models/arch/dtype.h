#pragma once
// Number formats of weights and KV.

#include <cstdint>
#include <optional>
#include <string_view>

namespace cleave {

enum class Dtype : std::uint8_t { bf16, fp8, fp4 };

/// Bytes of one stored element, block scales included: fp4 is 4.5 bits (16 elements share an 8-bit scale, as in NVFP4).
[[nodiscard]] constexpr double bytes_per_element(Dtype dtype) {
  switch (dtype) {
    case Dtype::bf16:
      return 2.0;
    case Dtype::fp8:
      return 1.0;
    case Dtype::fp4:
      return 0.5625;
  }
  return 2.0;
}

/// Result: nullopt for an unknown name.
[[nodiscard]] constexpr std::optional<Dtype> dtype_named(std::string_view name) {
  if (name == "bf16") return Dtype::bf16;
  if (name == "fp8") return Dtype::fp8;
  if (name == "fp4") return Dtype::fp4;
  return std::nullopt;
}

}  // namespace cleave
