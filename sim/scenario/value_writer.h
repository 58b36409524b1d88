#pragma once
// Typed values -> JSON, by the same descriptions that read them. What is written reads back to the same values.

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include "models/units/text.h"
#include "sim/scenario/names.h"
#include "sim/scenario/rule.h"
#include "sim/scenario/yaml_reader.h"

namespace cleave {

/// The value as JSON: quantities as text, an absent optional as null, a variant as a map with `type`.
template <class T>
[[nodiscard]] nlohmann::ordered_json json_of(const T& value);

class FieldWriter {
 public:
  explicit FieldWriter(nlohmann::ordered_json& object) : object_(object) {}

  template <class T>
  void field(std::string_view key, T& member, std::string_view, const Rule& = {}) {
    object_[std::string(key)] = json_of(member);
  }
  template <class T>
  void field_of(const Owners& owners, std::string_view key, T& member, std::string_view doc, const Rule& rule = {}) {
    if (owners.has_chosen()) field(key, member, doc, rule);
  }

 private:
  nlohmann::ordered_json& object_;
};

template <class T>
nlohmann::ordered_json json_of(const T& value) {
  using Json = nlohmann::ordered_json;
  if constexpr (reader::kIsOptional<T>) {
    return value ? json_of(*value) : Json(nullptr);
  } else if constexpr (std::is_arithmetic_v<T> || std::is_same_v<T, std::string>) {
    return Json(value);
  } else if constexpr (std::is_same_v<T, Tokens>) {
    return Json(value.value());
  } else if constexpr (TextQuantity<T>) {
    return Json(format(value));
  } else if constexpr (std::is_enum_v<T>) {
    return Json(std::string(name_of(value)));
  } else if constexpr (reader::kIsVector<T>) {
    Json list = Json::array();
    for (const auto& item : value) list.push_back(json_of(item));
    return list;
  } else if constexpr (reader::kIsMap<T>) {
    Json object = Json::object();
    for (const auto& [key, item] : value) {
      if constexpr (std::is_same_v<std::decay_t<decltype(key)>, std::string>) {
        object[key] = json_of(item);
      } else {
        object[std::to_string(key)] = json_of(item);
      }
    }
    return object;
  } else if constexpr (reader::kIsVariant<T>) {
    Json object = Json::object();
    object["type"] = std::string(Alternatives<T>::names[value.index()]);
    std::visit([&](const auto& alternative) { object.update(json_of(alternative)); }, value);
    return object;
  } else {
    Json object = Json::object();
    FieldWriter writer(object);
    T copy = value;  // descriptions name mutable members, for the reader
    describe(writer, copy);
    return object;
  }
}

}  // namespace cleave
