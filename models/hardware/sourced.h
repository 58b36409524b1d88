#pragma once
// A number of the catalogue and where it comes from.

#include <cstdint>
#include <string>

namespace cleave {

/// How a number came to be known, best first. measured: on the hardware, by the cited source or from its data.
/// published: stated by the maker or by the cited source. derived: computed from such numbers. assumed: a choice.
enum class Confidence : std::uint8_t { measured, published, derived, assumed };

template <class T>
struct Sourced {
  T value{};
  std::string source;
  Confidence confidence = Confidence::assumed;
};

}  // namespace cleave
