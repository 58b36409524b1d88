#pragma once
// Typed quantities: time in whole nanoseconds, bytes, tokens, rates, money; and dense ids.
// Inside the program a number's unit is its type. At the edges units are text (models/units/text.h).

#include <chrono>
#include <cmath>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace cleave {

using Duration = std::chrono::nanoseconds;

/// Simulated time; starts at zero. Never compared with a wall clock.
struct SimClock {
  using rep = std::int64_t;
  using period = std::nano;
  using duration = Duration;
  using time_point = std::chrono::time_point<SimClock, Duration>;
  static constexpr bool is_steady = true;
};
using TimePoint = SimClock::time_point;

inline constexpr TimePoint kStartOfTime{};

/// Seconds as a double: for cost arithmetic and writers only.
[[nodiscard]] constexpr double to_seconds(Duration d) {
  return static_cast<double>(d.count()) * 1e-9;
}
[[nodiscard]] constexpr double to_seconds(TimePoint t) {
  return to_seconds(t.time_since_epoch());
}

/// The nearest nanosecond, halves away from zero. The one place where modelled times are rounded.
[[nodiscard]] inline Duration nearest_nanosecond(double seconds) {
  return Duration{static_cast<std::int64_t>(std::llround(seconds * 1e9))};
}

/// The next nanosecond that is not earlier: for times at which something must have finished.
[[nodiscard]] inline Duration next_nanosecond(double seconds) {
  return Duration{static_cast<std::int64_t>(std::ceil(seconds * 1e9))};
}

/// A number with a unit. Sums and differences of like quantities, products with plain numbers, ratios.
template <class Unit, class Rep>
class Quantity {
 public:
  using rep = Rep;
  constexpr Quantity() = default;
  constexpr explicit Quantity(Rep value) : value_(value) {}
  [[nodiscard]] constexpr Rep value() const { return value_; }

  constexpr auto operator<=>(const Quantity&) const = default;
  constexpr Quantity& operator+=(Quantity other) {
    value_ += other.value_;
    return *this;
  }
  constexpr Quantity& operator-=(Quantity other) {
    value_ -= other.value_;
    return *this;
  }
  friend constexpr Quantity operator+(Quantity a, Quantity b) { return Quantity{a.value_ + b.value_}; }
  friend constexpr Quantity operator-(Quantity a, Quantity b) { return Quantity{a.value_ - b.value_}; }
  friend constexpr Quantity operator*(Quantity a, Rep k) { return Quantity{a.value_ * k}; }
  friend constexpr Quantity operator*(Rep k, Quantity a) { return Quantity{a.value_ * k}; }
  friend constexpr Quantity operator/(Quantity a, Rep k) { return Quantity{a.value_ / k}; }

 private:
  Rep value_{};
};

/// How many times b goes into a, as a real number.
template <class Unit, class Rep>
[[nodiscard]] constexpr double ratio(Quantity<Unit, Rep> a, Quantity<Unit, Rep> b) {
  return static_cast<double>(a.value()) / static_cast<double>(b.value());
}

using Bytes = Quantity<struct BytesUnit, std::int64_t>;
using Tokens = Quantity<struct TokensUnit, std::int64_t>;
using BytesPerSecond = Quantity<struct BytesPerSecondUnit, double>;
using Flops = Quantity<struct FlopsUnit, double>;                    // operations
using FlopsPerSecond = Quantity<struct FlopsPerSecondUnit, double>;  // operations a second
using RequestsPerSecond = Quantity<struct RequestsPerSecondUnit, double>;
using Watts = Quantity<struct WattsUnit, double>;
using Usd = Quantity<struct UsdUnit, double>;
using UsdPerHour = Quantity<struct UsdPerHourUnit, double>;

[[nodiscard]] constexpr double seconds_to_move(Bytes bytes, BytesPerSecond rate) {
  return static_cast<double>(bytes.value()) / rate.value();
}
[[nodiscard]] constexpr double seconds_to_compute(Flops work, FlopsPerSecond rate) {
  return work.value() / rate.value();
}
[[nodiscard]] constexpr Usd cost_of(UsdPerHour price, Duration held) {
  return Usd{price.value() * to_seconds(held) / 3600.0};
}

/// Blocks that hold `tokens`, rounded up.
[[nodiscard]] constexpr std::int64_t blocks_needed(Tokens tokens, Tokens block_size) {
  return (tokens.value() + block_size.value() - 1) / block_size.value();
}
/// Blocks that `tokens` fill completely, rounded down.
[[nodiscard]] constexpr std::int64_t full_blocks(Tokens tokens, Tokens block_size) {
  return tokens.value() / block_size.value();
}

/// A dense integer name, from 0, used as an index. Ids of different things do not mix.
template <class Tag>
class Id {
 public:
  constexpr Id() = default;
  constexpr explicit Id(std::size_t value) : value_(static_cast<std::uint32_t>(value)) {}
  [[nodiscard]] constexpr std::uint32_t value() const { return value_; }
  [[nodiscard]] constexpr std::size_t index() const { return value_; }
  constexpr auto operator<=>(const Id&) const = default;

 private:
  std::uint32_t value_{};
};

using RequestId = Id<struct RequestTag>;
using ReplicaId = Id<struct ReplicaTag>;
using PoolId = Id<struct PoolTag>;
using ClassId = Id<struct ClassTag>;
using SessionId = Id<struct SessionTag>;
using PlaceId = Id<struct PlaceTag>;
using LinkId = Id<struct LinkTag>;

}  // namespace cleave

template <class Tag>
struct std::hash<cleave::Id<Tag>> {
  std::size_t operator()(cleave::Id<Tag> id) const noexcept { return id.index(); }
};
