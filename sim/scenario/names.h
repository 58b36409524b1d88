#pragma once
// The names of enumerators and of a variant's alternatives, as scenarios write them.

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "models/units/units.h"

namespace cleave {

template <class E>
struct NamedValue {
  E value;
  std::string_view name;
};
template <class E>
NamedValue(E, std::string_view) -> NamedValue<E>;  // clang before 17 does not deduce aggregates

/// Specialise with `static constexpr std::array values{NamedValue{E::a, "a"}, ...}`.
template <class E>
struct EnumNames;

template <class E>
[[nodiscard]] constexpr std::string_view name_of(E value) {
  for (const auto& named : EnumNames<E>::values) {
    if (named.value == value) return named.name;
  }
  return {};
}

template <class E>
[[nodiscard]] std::optional<E> value_of(std::string_view name) {
  for (const auto& named : EnumNames<E>::values) {
    if (named.name == name) return named.value;
  }
  return std::nullopt;
}

template <class E>
[[nodiscard]] std::vector<std::string_view> names_of() {
  std::vector<std::string_view> names;
  for (const auto& named : EnumNames<E>::values) names.push_back(named.name);
  return names;
}

/// Specialise for each std::variant with `static constexpr std::array<std::string_view, n> names{...}`, in the order
/// of the alternatives. A map states its alternative with the key `type`.
template <class Variant>
struct Alternatives;

/// The names that have a field, and the one that was chosen: `prefix_weight` belongs to policy longest_prefix.
struct Owners {
  std::string_view tag;  // "policy"
  std::string_view chosen;
  std::vector<std::string_view> names;

  [[nodiscard]] bool has_chosen() const { return std::find(names.begin(), names.end(), chosen) != names.end(); }
};

/// Specialise as true for a struct whose first field may stand for the whole map (`prefill: least_loaded`), or for a
/// variant whose first alternative is such a struct (`input: 1024`).
template <class T>
inline constexpr bool kHasShortForm = false;

/// Quantities that are written with their unit.
template <class T>
concept TextQuantity = std::same_as<T, Duration> || std::same_as<T, Bytes> || std::same_as<T, BytesPerSecond> ||
    std::same_as<T, FlopsPerSecond> || std::same_as<T, RequestsPerSecond> || std::same_as<T, Watts> ||
    std::same_as<T, UsdPerHour> || std::same_as<T, Usd>;

/// The number inside a quantity, in its base unit.
template <TextQuantity Q>
[[nodiscard]] constexpr double base_value(Q quantity) {
  if constexpr (std::same_as<Q, Duration>) {
    return static_cast<double>(quantity.count());
  } else {
    return static_cast<double>(quantity.value());
  }
}

/// A quantity of so many base units.
template <TextQuantity Q>
[[nodiscard]] constexpr Q from_base_value(double value) {
  if constexpr (std::same_as<Q, Duration>) {
    return Duration{static_cast<Duration::rep>(value)};
  } else {
    return Q{static_cast<typename Q::rep>(value)};
  }
}

}  // namespace cleave
