#pragma once
// What a field description can demand of a value, beyond its type.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cleave {

/// Demands on one field. Bounds are in the type's base unit (nanoseconds, bytes, plain numbers); of a list or an
/// optional they hold for the elements. Built by chaining: `Rule{}.required().above(0)`.
struct Rule {
  bool is_required = false;
  bool is_path = false;      // names an input file or folder; variables are expanded
  bool may_be_empty = true;  // an empty text or list
  std::optional<double> least;
  std::optional<double> most;
  bool least_excluded = false;
  std::vector<std::string_view> choices;  // of a text; the strings outlive the rule

  [[nodiscard]] Rule required() const {
    return with([](Rule& r) { r.is_required = true; });
  }
  [[nodiscard]] Rule path() const {
    return with([](Rule& r) { r.is_path = true; });
  }
  [[nodiscard]] Rule not_empty() const {
    return with([](Rule& r) { r.may_be_empty = false; });
  }
  [[nodiscard]] Rule at_least(double bound) const {
    return with([&](Rule& r) { r.least = bound; });
  }
  [[nodiscard]] Rule at_most(double bound) const {
    return with([&](Rule& r) { r.most = bound; });
  }
  [[nodiscard]] Rule above(double bound) const {
    return with([&](Rule& r) { r.least = bound, r.least_excluded = true; });
  }
  [[nodiscard]] Rule between(double low, double high) const { return at_least(low).at_most(high); }
  [[nodiscard]] Rule one_of(std::vector<std::string_view> names) const {
    return with([&](Rule& r) { r.choices = std::move(names); });
  }

  [[nodiscard]] bool allows(double value) const {
    if (least && (least_excluded ? value <= *least : value < *least)) return false;
    return !most || value <= *most;
  }

 private:
  template <class Change>
  [[nodiscard]] Rule with(Change change) const {
    Rule changed = *this;
    change(changed);
    return changed;
  }
};

// The usual starts of a chain.
[[nodiscard]] inline Rule required() {
  return Rule{}.required();
}
[[nodiscard]] inline Rule at_least(double bound) {
  return Rule{}.at_least(bound);
}
[[nodiscard]] inline Rule above(double bound) {
  return Rule{}.above(bound);
}
[[nodiscard]] inline Rule between(double low, double high) {
  return Rule{}.between(low, high);
}
[[nodiscard]] inline Rule one_of(std::vector<std::string_view> names) {
  return Rule{}.one_of(std::move(names));
}

}  // namespace cleave
