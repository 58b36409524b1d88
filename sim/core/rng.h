#pragma once
// Named streams of random numbers, counter-based: a new stream or an extra draw never moves another stream.

#include <array>
#include <cstdint>
#include <string_view>

namespace cleave {

/// One stream: Philox4x32-10 keyed by (seed, name). Same seed and name, same draws, on every machine.
class Rng {
 public:
  Rng(std::uint64_t seed, std::uint64_t stream) : seed_(seed), stream_(stream) {}
  [[nodiscard]] std::uint64_t next();

  /// The stream number `index` below this one; it neither depends on what was drawn here nor moves it. For draws that
  /// must not depend on the order of events: turn 3 of session 17 draws from `book.stream(...).below(17).below(3)`.
  [[nodiscard]] Rng below(std::uint64_t index) const;

 private:
  std::uint64_t seed_;
  std::uint64_t stream_;
  std::uint64_t counter_ = 0;
  std::array<std::uint64_t, 2> buffer_{};
  unsigned left_ = 0;
};

class RngBook {
 public:
  explicit RngBook(std::uint64_t seed) : seed_(seed) {}
  [[nodiscard]] Rng stream(std::string_view name) const;

 private:
  std::uint64_t seed_;
};

// Distributions are ours: the standard library's differ between implementations.
[[nodiscard]] double uniform01(Rng& rng);                              // [0, 1)
[[nodiscard]] std::uint64_t uniform_below(Rng& rng, std::uint64_t n);  // 0 ... n-1, unbiased; n > 0
[[nodiscard]] double exponential(Rng& rng, double mean);
[[nodiscard]] double standard_normal(Rng& rng);
[[nodiscard]] double lognormal(Rng& rng, double mu, double sigma);
[[nodiscard]] double gamma(Rng& rng, double shape, double scale);
[[nodiscard]] double weibull(Rng& rng, double shape, double scale);

}  // namespace cleave
