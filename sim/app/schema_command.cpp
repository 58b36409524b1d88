#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <string>

#include "sim/app/commands.h"
#include "sim/scenario/load.h"

namespace cleave {
namespace {

using Json = nlohmann::ordered_json;

/// One line a field: its path, its default, what it is. Alternatives of a `type` show as "arrivals<poisson>.rate".
class Outline {
 public:
  void fields_of(const Json& schema, const std::string& path) {
    if (schema.contains("properties")) {
      for (const auto& [key, property] : schema["properties"].items()) {
        if (!property.contains("const")) field(path + key, property);
      }
    }
    if (schema.contains("items")) fields_of(schema["items"], without_dot(path) + "[].");
    for (const char* choice : {"anyOf", "oneOf"}) {
      if (!schema.contains(choice)) continue;
      for (const Json& alternative : schema[choice]) fields_of(alternative, path_of(alternative, path));
    }
  }

 private:
  void field(const std::string& path, const Json& property) {
    fmt::print("{:<58} {:<15} {}\n", path, default_of(property), property.value("description", ""));
    fields_of(property, path + ".");
  }

  /// Plain defaults only: those of a map stand at its fields.
  static std::string default_of(const Json& property) {
    const Json value = property.value("default", Json{});
    const bool empty = value.is_null() || (value.is_string() && value.get<std::string>().empty());
    return empty || value.is_structured() ? "" : value.dump();
  }

  static std::string without_dot(const std::string& path) {
    return path.ends_with('.') ? path.substr(0, path.size() - 1) : path;
  }

  static std::string path_of(const Json& alternative, const std::string& path) {
    const Json::json_pointer type("/properties/type/const");
    if (!alternative.contains(type)) return path;
    return fmt::format("{}<{}>.", without_dot(path), alternative[type].get<std::string>());
  }
};

class SchemaCommand final : public Command {
 public:
  explicit SchemaCommand(CLI::App& parser) { add_format(parser, format_); }

  ExitCode run() override {
    const std::string schema = scenario_schema();
    if (format_ == OutputFormat::json) {
      fmt::print("{}", schema);
    } else {
      Outline{}.fields_of(Json::parse(schema), "");
    }
    return ExitCode::ok;
  }

 private:
  OutputFormat format_ = OutputFormat::json;
};

}  // namespace

std::unique_ptr<Command> make_schema_command(CLI::App& parser) {
  return std::make_unique<SchemaCommand>(parser);
}

}  // namespace cleave
