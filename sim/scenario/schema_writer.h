#pragma once
// Types -> JSON Schema (draft 2020-12), by the same descriptions that read them.

#include <array>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

#include "models/units/text.h"
#include "sim/scenario/names.h"
#include "sim/scenario/rule.h"
#include "sim/scenario/value_writer.h"
#include "sim/scenario/yaml_reader.h"

namespace cleave {

/// The schema of a value of type T under a rule; defaults of nested fields come from a default-constructed T.
template <class T>
[[nodiscard]] nlohmann::ordered_json schema_of(const Rule& rule);

/// Collects the properties of a described struct.
class SchemaFields {
 public:
  template <class T>
  void field(std::string_view key, T& member, std::string_view doc, const Rule& rule = {}) {
    nlohmann::ordered_json property = schema_of<T>(rule);
    property["description"] = std::string(doc) + bounds_in_words<T>(rule);
    if (!rule.is_required && has_plain_default<T>()) property["default"] = json_of(member);
    properties_[std::string(key)] = std::move(property);
    if (rule.is_required) required_.push_back(std::string(key));
  }
  template <class T>
  void field_of(const Owners& owners, std::string_view key, T& member, std::string_view doc, const Rule& rule = {}) {
    field(key, member, std::string(doc) + " (only of " + std::string(owners.tag) + " " + listing(owners.names) + ")",
          rule);
  }

  [[nodiscard]] nlohmann::ordered_json object() &&;

  void constant(std::string_view key, std::string_view value);

 private:
  /// Whether a default says more than its own fields' defaults do.
  template <class T>
  static constexpr bool has_plain_default() {
    if constexpr (reader::kIsOptional<T> || reader::kIsVector<T> || reader::kIsMap<T> || reader::kIsVariant<T>) {
      return true;
    } else {
      return std::is_arithmetic_v<T> || std::is_same_v<T, std::string> || std::is_same_v<T, Tokens> ||
             TextQuantity<T> || std::is_enum_v<T>;
    }
  }

  /// Bounds of quantities, which a pattern cannot express.
  template <class T>
  static std::string bounds_in_words(const Rule& rule) {
    if constexpr (reader::kIsOptional<T>) {
      return bounds_in_words<typename T::value_type>(rule);
    } else if constexpr (TextQuantity<T>) {
      std::string words;
      if (rule.least && (*rule.least > 0 || rule.least_excluded)) {
        words += (rule.least_excluded ? "; above " : "; at least ") + format(from_base_value<T>(*rule.least));
      }
      if (rule.most) words += "; at most " + format(from_base_value<T>(*rule.most));
      return words;
    } else {
      return {};
    }
  }

  nlohmann::ordered_json properties_ = nlohmann::ordered_json::object();
  nlohmann::ordered_json required_ = nlohmann::ordered_json::array();
};

/// Takes the schema of the first field of a struct.
class FirstFieldSchema {
 public:
  template <class T>
  void field(std::string_view, T&, std::string_view, const Rule& rule = {}) {
    if (schema_.is_null()) schema_ = schema_of<T>(rule);
  }
  template <class T>
  void field_of(const Owners&, std::string_view, T&, std::string_view, const Rule& = {}) {}

  [[nodiscard]] nlohmann::ordered_json take() && { return std::move(schema_); }

 private:
  nlohmann::ordered_json schema_;
};

namespace schema {

// Schemas of the leaves.
nlohmann::ordered_json number(std::string_view type, const Rule& rule);
nlohmann::ordered_json text(const Rule& rule);
nlohmann::ordered_json choice(std::span<const std::string_view> names);
nlohmann::ordered_json quantity(const UnitGrammar& grammar);
nlohmann::ordered_json or_null(nlohmann::ordered_json inner);
nlohmann::ordered_json list_of(nlohmann::ordered_json item, const Rule& rule);
nlohmann::ordered_json dictionary_of(nlohmann::ordered_json item, bool integer_keys);
/// One schema as it is; several as `oneOf`.
nlohmann::ordered_json either(nlohmann::ordered_json alternatives);

template <class T>
nlohmann::ordered_json short_form() {
  T value{};
  FirstFieldSchema first;
  describe(first, value);
  return std::move(first).take();
}

template <class T>
nlohmann::ordered_json alternative(std::string_view type) {
  T value{};
  SchemaFields fields;
  fields.constant("type", type);
  describe(fields, value);
  return std::move(fields).object();
}

template <class... T>
nlohmann::ordered_json variant(const std::variant<T...>*) {
  using Variant = std::variant<T...>;
  nlohmann::ordered_json alternatives = nlohmann::ordered_json::array();
  std::size_t i = 0;
  (alternatives.push_back(alternative<T>(Alternatives<Variant>::names[i++])), ...);
  if constexpr (kHasShortForm<Variant>) alternatives.push_back(short_form<std::variant_alternative_t<0, Variant>>());
  return either(std::move(alternatives));
}

template <class T>
nlohmann::ordered_json structure() {
  T value{};
  SchemaFields fields;
  describe(fields, value);
  nlohmann::ordered_json alternatives = nlohmann::ordered_json::array({std::move(fields).object()});
  if constexpr (kHasShortForm<T>) alternatives.push_back(short_form<T>());
  return either(std::move(alternatives));
}

}  // namespace schema

template <class T>
nlohmann::ordered_json schema_of(const Rule& rule) {
  if constexpr (reader::kIsOptional<T>) {
    return schema::or_null(schema_of<typename T::value_type>(rule));
  } else if constexpr (std::is_same_v<T, bool>) {
    return {{"type", "boolean"}};
  } else if constexpr (std::is_floating_point_v<T>) {
    return schema::number("number", rule);
  } else if constexpr (std::is_same_v<T, Tokens>) {
    return schema::number("integer", with_bounds_of<Tokens>(rule));
  } else if constexpr (std::is_unsigned_v<T>) {
    return schema::number("integer", rule.least ? rule : rule.at_least(0));
  } else if constexpr (std::is_integral_v<T>) {
    return schema::number("integer", rule);
  } else if constexpr (std::is_same_v<T, std::string>) {
    return schema::text(rule);
  } else if constexpr (TextQuantity<T>) {
    return schema::quantity(unit_grammar<T>());
  } else if constexpr (std::is_enum_v<T>) {
    return schema::choice(names_of<T>());
  } else if constexpr (reader::kIsVector<T>) {
    return schema::list_of(schema_of<typename T::value_type>(rule), rule);
  } else if constexpr (reader::kIsMap<T>) {
    return schema::dictionary_of(schema_of<typename T::mapped_type>(rule), std::is_integral_v<typename T::key_type>);
  } else if constexpr (reader::kIsVariant<T>) {
    return schema::variant(static_cast<const T*>(nullptr));
  } else {
    return schema::structure<T>();
  }
}

}  // namespace cleave
