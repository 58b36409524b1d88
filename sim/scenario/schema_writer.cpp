#include "sim/scenario/schema_writer.h"

#include <cmath>

namespace cleave {

using Json = nlohmann::ordered_json;

namespace {

Json bound(double value) {
  if (value == std::floor(value)) return static_cast<std::int64_t>(value);
  return value;
}

}  // namespace

Json SchemaFields::object() && {
  Json schema{{"type", "object"}, {"additionalProperties", false}, {"properties", std::move(properties_)}};
  if (!required_.empty()) schema["required"] = std::move(required_);
  return schema;
}

void SchemaFields::constant(std::string_view key, std::string_view value) {
  properties_[std::string(key)] = {{"const", std::string(value)}};
  required_.push_back(std::string(key));
}

namespace schema {

Json number(std::string_view type, const Rule& rule) {
  Json schema{{"type", std::string(type)}};
  if (rule.least) schema[rule.least_excluded ? "exclusiveMinimum" : "minimum"] = bound(*rule.least);
  if (rule.most) schema["maximum"] = bound(*rule.most);
  return schema;
}

Json text(const Rule& rule) {
  if (!rule.choices.empty()) return choice(rule.choices);
  Json schema{{"type", "string"}};
  if (!rule.may_be_empty) schema["minLength"] = 1;
  return schema;
}

Json choice(std::span<const std::string_view> names) {
  Json list = Json::array();
  for (const std::string_view name : names) list.push_back(std::string(name));
  return {{"enum", std::move(list)}};
}

Json quantity(const UnitGrammar& grammar) {
  return {{"type", "string"}, {"pattern", std::string(grammar.pattern)}};
}

Json or_null(Json inner) {
  return {{"anyOf", Json::array({std::move(inner), {{"type", "null"}}})}};
}

Json list_of(Json item, const Rule& rule) {
  Json schema{{"type", "array"}, {"items", std::move(item)}};
  if (!rule.may_be_empty) schema["minItems"] = 1;
  return schema;
}

Json dictionary_of(Json item, bool integer_keys) {
  Json schema{{"type", "object"}, {"additionalProperties", std::move(item)}};
  if (integer_keys) schema["propertyNames"] = {{"pattern", "^-?(0|[1-9][0-9]*)$"}};
  return schema;
}

Json either(Json alternatives) {
  if (alternatives.size() == 1) return std::move(alternatives.front());
  return {{"oneOf", std::move(alternatives)}};
}

}  // namespace schema
}  // namespace cleave
