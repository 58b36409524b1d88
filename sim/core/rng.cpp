#include "sim/core/rng.h"

#include <Random123/philox.h>

#include <cmath>
#include <numbers>

namespace cleave {

namespace {

// The finaliser of SplitMix64: a bijection that spreads every input bit. Source: Steele, Lea, Flood, OOPSLA 2014.
std::uint64_t spread(std::uint64_t x) {
  x ^= x >> 30;
  x *= 0xbf58476d1ce4e5b9ULL;
  x ^= x >> 27;
  x *= 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

// FNV-1a, 64 bits. Source: IETF draft-eastlake-fnv.
std::uint64_t hash_name(std::string_view name) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : name) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001b3ULL;
  }
  return spread(hash);
}

std::uint32_t low(std::uint64_t x) {
  return static_cast<std::uint32_t>(x);
}
std::uint32_t high(std::uint64_t x) {
  return static_cast<std::uint32_t>(x >> 32);
}

// (0, 1]: safe under a logarithm.
double uniform_above_zero(Rng& rng) {
  return 1.0 - uniform01(rng);
}

}  // namespace

std::uint64_t Rng::next() {
  if (left_ == 0) {
    const r123::Philox4x32::ctr_type counter = {{low(counter_), high(counter_), low(stream_), high(stream_)}};
    const r123::Philox4x32::key_type key = {{low(seed_), high(seed_)}};
    const auto block = r123::Philox4x32{}(counter, key);
    buffer_ = {block[0] | (std::uint64_t{block[1]} << 32), block[2] | (std::uint64_t{block[3]} << 32)};
    ++counter_;
    left_ = 2;
  }
  return buffer_[2 - left_--];
}

Rng Rng::below(std::uint64_t index) const {
  return Rng{seed_, spread(stream_ + 0x9e3779b97f4a7c15ULL * (index + 1))};
}

Rng RngBook::stream(std::string_view name) const {
  return Rng{seed_, hash_name(name)};
}

double uniform01(Rng& rng) {
  return static_cast<double>(rng.next() >> 11) * 0x1.0p-53;
}

// Multiply and reject the few values that would favour small results. Source: Lemire, TOMACS 29(1), 2019.
std::uint64_t uniform_below(Rng& rng, std::uint64_t n) {
  __extension__ using Wide = unsigned __int128;
  Wide product = static_cast<Wide>(rng.next()) * n;
  if (static_cast<std::uint64_t>(product) < n) {
    const std::uint64_t unfair = (0 - n) % n;
    while (static_cast<std::uint64_t>(product) < unfair) product = static_cast<Wide>(rng.next()) * n;
  }
  return static_cast<std::uint64_t>(product >> 64);
}

double exponential(Rng& rng, double mean) {
  return -mean * std::log(uniform_above_zero(rng));
}

double standard_normal(Rng& rng) {
  const double radius = std::sqrt(-2.0 * std::log(uniform_above_zero(rng)));
  return radius * std::cos(2.0 * std::numbers::pi * uniform01(rng));
}

double lognormal(Rng& rng, double mu, double sigma) {
  return std::exp(mu + sigma * standard_normal(rng));
}

// Source: Marsaglia and Tsang, ACM TOMS 26(3), 2000; shapes below 1 are raised by one and scaled back by U^(1/shape).
double gamma(Rng& rng, double shape, double scale) {
  if (shape < 1.0) {
    const double boost = std::pow(uniform_above_zero(rng), 1.0 / shape);
    return boost * gamma(rng, shape + 1.0, scale);
  }
  const double d = shape - 1.0 / 3.0;
  const double c = 1.0 / std::sqrt(9.0 * d);
  for (;;) {
    const double x = standard_normal(rng);
    const double root = 1.0 + c * x;
    if (root <= 0.0) continue;
    const double v = root * root * root;
    if (std::log(uniform_above_zero(rng)) < 0.5 * x * x + d - d * v + d * std::log(v)) return d * v * scale;
  }
}

double weibull(Rng& rng, double shape, double scale) {
  return scale * std::pow(-std::log(uniform_above_zero(rng)), 1.0 / shape);
}

}  // namespace cleave
