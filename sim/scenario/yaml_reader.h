#pragma once
// Tree -> typed values, strictly. One `describe(visitor, value)` per struct drives the reader, the JSON Schema
// (schema_writer.h) and the writer of resolved values (value_writer.h):
//
//   template <class Visitor>
//   void describe(Visitor& v, PoolParams& pool) {
//     v.field("name", pool.name, "unique among the pools", required().not_empty());
//     v.field("replicas", pool.replicas, "how many", at_least(1));
//   }
//
// `v.field_of(owners, ...)` describes a field that only some values of an earlier one have (a policy's parameters).
// A field may be a bool, a number, Tokens, a text, a TextQuantity, an enum with EnumNames, another described struct, a
// variant with Alternatives, or an optional, vector or map (text or integer keys) of those. Values start from their
// defaults.

#include <concepts>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "models/units/text.h"
#include "sim/scenario/diagnostics.h"
#include "sim/scenario/names.h"
#include "sim/scenario/rule.h"
#include "sim/scenario/tree.h"

namespace cleave {

/// One value to read: the node, its key path, what is demanded, and where errors go.
struct ReadContext {
  const Tree& node;
  const std::string& path;
  const Rule& rule;
  Diagnostics& diagnostics;

  /// Adds "got <node>, expected <expected>" at the node.
  void mismatch(std::string_view expected, std::string_view hint = {}) const;
};

/// Most tokens of anything: prompts and answers are counted in 31 bits (sim/workload/request.h).
inline constexpr double kMostTokens = 2147483647;
/// Longest duration: 10 years. The clock holds 292, so that sums of durations stay inside.
inline constexpr double kLongestDuration = 3650 * 86400e9;

/// A rule with the bounds that every value of the type has.
template <class T>
[[nodiscard]] Rule with_bounds_of(Rule rule) {
  if constexpr (std::same_as<T, Tokens>) {
    if (!rule.least) rule = rule.at_least(0);
    if (!rule.most) rule = rule.at_most(kMostTokens);
  } else if constexpr (std::same_as<T, Duration>) {
    if (!rule.most) rule = rule.at_most(kLongestDuration);
  }
  return rule;
}

namespace reader {

// Leaves. Each reports its own error and answers nullopt.
std::optional<bool> read_bool(const ReadContext&);
std::optional<double> read_real(const ReadContext&);
std::optional<std::string> read_text(const ReadContext&);
std::optional<std::size_t> read_choice(const ReadContext&, std::span<const std::string_view> names);
/// A whole number of [least, most] and of the rule's bounds.
std::optional<std::int64_t> read_integer(const ReadContext&, std::int64_t least, std::int64_t most);
std::optional<std::uint64_t> read_unsigned(const ReadContext&);
/// The text of a quantity; bounds are checked afterwards with `report_bounds`.
std::optional<std::string> read_quantity_text(const ReadContext&, const UnitGrammar&);
void report_not_a_quantity(const ReadContext&, const UnitGrammar&);
void report_bounds(const ReadContext&, std::string_view what, std::string_view least, std::string_view most);
/// Whether the node is a map (or list); reports it when not.
bool is_map(const ReadContext&);
bool is_list(const ReadContext&);

template <class T>
inline constexpr bool kIsOptional = false;
template <class T>
inline constexpr bool kIsOptional<std::optional<T>> = true;
template <class T>
inline constexpr bool kIsVector = false;
template <class T>
inline constexpr bool kIsVector<std::vector<T>> = true;
template <class T>
inline constexpr bool kIsMap = false;
template <class K, class T>
inline constexpr bool kIsMap<std::map<K, T>> = true;
template <class T>
inline constexpr bool kIsVariant = false;
template <class... T>
inline constexpr bool kIsVariant<std::variant<T...>> = true;
/// A struct that `describe` knows: what every other kind of value leaves over.
template <class T>
inline constexpr bool kIsDescribed =
    std::is_class_v<T> && !std::same_as<T, Tokens> && !std::same_as<T, std::string> && !TextQuantity<T> &&
    !kIsOptional<T> && !kIsVector<T> && !kIsMap<T> && !kIsVariant<T>;

}  // namespace reader

/// Reads one value over its default. Errors: added to the diagnostics; the value then keeps some valid content.
template <class T>
void read_value(const ReadContext& context, T& value);

/// Collects the keys of a described struct.
class KeyCollector {
 public:
  template <class T>
  void field(std::string_view key, T&, std::string_view, const Rule& = {}) {
    keys_.push_back(key);
  }
  template <class T>
  void field_of(const Owners&, std::string_view key, T&, std::string_view, const Rule& = {}) {
    keys_.push_back(key);
  }
  [[nodiscard]] const std::vector<std::string_view>& keys() const { return keys_; }

 private:
  std::vector<std::string_view> keys_;
};

template <class T>
[[nodiscard]] std::vector<std::string_view> keys_of() {
  T value{};
  KeyCollector collector;
  describe(collector, value);
  return collector.keys();
}

/// Reads a map's entries into a described struct.
class FieldReader {
 public:
  explicit FieldReader(const ReadContext& context) : context_(context) {}

  template <class T>
  void field(std::string_view key, T& member, std::string_view doc, const Rule& rule = {}) {
    keys_.push_back(key);
    const TreeEntry* entry = context_.node.entry(key);
    if (entry == nullptr) {
      if (rule.is_required) report_missing(key, doc);
      return;
    }
    read_value(ReadContext{entry->value, path_of(key), rule, context_.diagnostics}, member);
  }

  template <class T>
  void field_of(const Owners& owners, std::string_view key, T& member, std::string_view doc, const Rule& rule = {}) {
    if (owners.has_chosen()) return field(key, member, doc, rule);
    keys_.push_back(key);
    if (const TreeEntry* entry = context_.node.entry(key)) report_foreign(*entry, owners);
  }

  /// A key that is read elsewhere (`type`).
  void known(std::string_view key) { keys_.push_back(key); }

  /// Reports the keys that no field took. `foreign` explains a key of another alternative.
  template <class Foreign>
  void finish(Foreign foreign) const {
    for (const TreeEntry& entry : context_.node.entries) {
      if (!has(entry.key)) report_unknown(entry, foreign(entry.key));
    }
  }
  void finish() const {
    finish([](std::string_view) { return std::string{}; });
  }

 private:
  [[nodiscard]] std::string path_of(std::string_view key) const;
  [[nodiscard]] bool has(std::string_view key) const;
  void report_missing(std::string_view key, std::string_view doc) const;
  void report_unknown(const TreeEntry& entry, const std::string& explanation) const;
  void report_foreign(const TreeEntry& entry, const Owners& owners) const;

  const ReadContext& context_;
  std::vector<std::string_view> keys_;
};

/// Reads the first field of a struct from a value that stands for the whole map.
class ShortFormReader {
 public:
  explicit ShortFormReader(const ReadContext& context) : context_(context) {}

  template <class T>
  void field(std::string_view, T& member, std::string_view, const Rule& rule = {}) {
    if (std::exchange(done_, true)) return;
    read_value(ReadContext{context_.node, context_.path, rule, context_.diagnostics}, member);
  }
  template <class T>
  void field_of(const Owners&, std::string_view, T&, std::string_view, const Rule& = {}) {}

 private:
  const ReadContext& context_;
  bool done_ = false;
};

namespace reader {

template <class T>
void read_struct(const ReadContext& context, T& value) {
  if constexpr (kHasShortForm<T>) {
    if (context.node.kind == Tree::Kind::scalar) {
      ShortFormReader short_form(context);
      describe(short_form, value);
      return;
    }
  }
  if (!is_map(context)) return;
  FieldReader fields(context);
  describe(fields, value);
  fields.finish();
}

/// Keys that other alternatives of a variant have, for the diagnostic.
template <class Variant, std::size_t... I>
std::string owners_of(std::string_view key, std::index_sequence<I...>) {
  std::vector<std::string_view> owners;
  const auto look = [&]<class T>(std::string_view name, std::type_identity<T>) {
    for (const std::string_view candidate : keys_of<T>()) {
      if (candidate == key) owners.push_back(name);
    }
  };
  (look(Alternatives<Variant>::names[I], std::type_identity<std::variant_alternative_t<I, Variant>>{}), ...);
  return owners.empty() ? std::string{} : listing(owners);
}

template <class T, class Variant>
void read_alternative(const ReadContext& context, std::string_view type, Variant& value) {
  if (!std::holds_alternative<T>(value)) value = T{};
  FieldReader fields(context);
  fields.known("type");
  describe(fields, std::get<T>(value));
  constexpr auto kAll = std::make_index_sequence<std::variant_size_v<Variant>>{};
  fields.finish([&](std::string_view key) {
    const std::string owners = owners_of<Variant>(key, kAll);
    return owners.empty() ? std::string{} : "belongs to type " + owners + "; this is type " + std::string(type);
  });
}

/// Index of the alternative that `type` names.
std::optional<std::size_t> read_type(const ReadContext& context, std::span<const std::string_view> names);

template <class... T>
void read_variant(const ReadContext& context, std::variant<T...>& value) {
  using Variant = std::variant<T...>;
  if constexpr (kHasShortForm<Variant>) {
    if (context.node.kind == Tree::Kind::scalar) {
      std::variant_alternative_t<0, Variant> first{};
      ShortFormReader short_form(context);
      describe(short_form, first);
      value = std::move(first);
      return;
    }
  }
  if (!is_map(context)) return;
  const auto& names = Alternatives<Variant>::names;
  static_assert(names.size() == sizeof...(T));
  const auto chosen = read_type(context, names);
  if (!chosen) return;
  std::size_t index = 0;
  ((index++ == *chosen ? read_alternative<T>(context, names[*chosen], value) : void()), ...);
}

template <class T>
void read_list(const ReadContext& context, std::vector<T>& value) {
  if (!is_list(context)) return;
  if (context.node.items.empty() && !context.rule.may_be_empty) context.mismatch("at least one element");
  value.clear();
  for (std::size_t i = 0; i < context.node.items.size(); ++i) {
    const std::string path = context.path + "[" + std::to_string(i) + "]";
    T item{};
    read_value(ReadContext{context.node.items[i], path, context.rule, context.diagnostics}, item);
    value.push_back(std::move(item));
  }
}

template <class K, class T>
void read_dictionary(const ReadContext& context, std::map<K, T>& value) {
  if (!is_map(context)) return;
  value.clear();
  for (const TreeEntry& entry : context.node.entries) {
    const std::string path = context.path + "." + entry.key;
    K key{};
    Tree key_node;
    key_node.kind = Tree::Kind::scalar;
    key_node.scalar = entry.key;
    key_node.where = entry.where;
    read_value(ReadContext{key_node, path, Rule{}, context.diagnostics}, key);
    read_value(ReadContext{entry.value, path, context.rule, context.diagnostics}, value[key]);
  }
}

template <TextQuantity Q>
void read_quantity(const ReadContext& context, Q& value) {
  const UnitGrammar& grammar = unit_grammar<Q>();
  const auto text = read_quantity_text(context, grammar);
  if (!text) return;
  const auto parsed = parse<Q>(*text);
  if (!parsed) return report_not_a_quantity(context, grammar);
  const Rule rule = with_bounds_of<Q>(context.rule);
  if (rule.allows(base_value(*parsed))) {
    value = *parsed;
    return;
  }
  report_bounds({context.node, context.path, rule, context.diagnostics}, grammar.what,
                rule.least ? format(from_base_value<Q>(*rule.least)) : std::string{},
                rule.most ? format(from_base_value<Q>(*rule.most)) : std::string{});
}

template <class T>
void read_whole(const ReadContext& context, T& value) {
  if constexpr (std::same_as<T, std::uint64_t>) {
    if (const auto number = read_unsigned(context)) value = *number;
  } else if (const auto number = read_integer(context, std::numeric_limits<T>::min(), std::numeric_limits<T>::max())) {
    value = static_cast<T>(*number);
  }
}

}  // namespace reader

template <class T>
void read_value(const ReadContext& context, T& value) {
  if constexpr (reader::kIsOptional<T>) {
    if (context.node.kind == Tree::Kind::null) {
      value.reset();
      return;
    }
    using Inner = typename T::value_type;
    Inner inner{};
    const std::size_t before = context.diagnostics.count();
    read_value(context, inner);
    // Of a map with a mistake in it the rest stays, as it does where the map is not optional.
    if (reader::kIsDescribed<Inner> || context.diagnostics.count() == before) value = std::move(inner);
  } else if constexpr (std::same_as<T, bool>) {
    if (const auto flag = reader::read_bool(context)) value = *flag;
  } else if constexpr (std::integral<T>) {
    reader::read_whole(context, value);
  } else if constexpr (std::floating_point<T>) {
    if (const auto number = reader::read_real(context)) value = *number;
  } else if constexpr (std::same_as<T, Tokens>) {
    std::int64_t count = value.value();
    const Rule rule = with_bounds_of<Tokens>(context.rule);
    reader::read_whole(ReadContext{context.node, context.path, rule, context.diagnostics}, count);
    value = Tokens{count};
  } else if constexpr (std::same_as<T, std::string>) {
    if (auto text = reader::read_text(context)) value = std::move(*text);
  } else if constexpr (TextQuantity<T>) {
    reader::read_quantity(context, value);
  } else if constexpr (std::is_enum_v<T>) {
    const auto names = names_of<T>();
    if (const auto index = reader::read_choice(context, names)) value = EnumNames<T>::values[*index].value;
  } else if constexpr (reader::kIsVector<T>) {
    reader::read_list(context, value);
  } else if constexpr (reader::kIsMap<T>) {
    reader::read_dictionary(context, value);
  } else if constexpr (reader::kIsVariant<T>) {
    reader::read_variant(context, value);
  } else {
    reader::read_struct(context, value);
  }
}

/// Reads a whole document over its defaults. Errors: added to `diagnostics`.
template <class T>
void read_document(const Tree& root, T& value, Diagnostics& diagnostics) {
  const std::string no_path;
  const Rule rule;
  read_value(ReadContext{root, no_path, rule, diagnostics}, value);
}

}  // namespace cleave
