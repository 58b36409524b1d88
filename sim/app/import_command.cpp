#include "sim/app/import_command.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <system_error>

#include "models/arch/hf_config.h"
#include "models/units/error.h"
#include "sim/app/commands.h"
#include "sim/scenario/catalogue_fields.h"
#include "sim/scenario/value_writer.h"

namespace cleave {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

/// "{type: grouped, heads: 32}": what differs from the description's defaults.
std::string flow(const Json& object, const Json& defaults) {
  std::string out;
  for (const auto& [key, value] : object.items()) {
    if (value.is_null() || (defaults.contains(key) && defaults.at(key) == value)) continue;
    const std::string text = value.is_object()   ? flow(value, Json::object())
                             : value.is_string() ? value.get<std::string>()
                                                 : value.dump();
    out += fmt::format("{}{}: {}", out.empty() ? "" : ", ", key, text);
  }
  return "{" + out + "}";
}

template <class Variant>
std::string flow_of(const Variant& value) {
  Json defaults = std::visit([](auto part) { return json_of(decltype(part){}); }, value);
  // Numbers that a file must state are zero by default, and never that.
  return flow(json_of(value), defaults);
}

/// A file "Llama-3.1-8B/config.json" is the entry "llama-3.1-8b".
std::string name_for(const ImportParams& params) {
  std::string name = params.name;
  if (name.empty()) {
    const fs::path file = fs::absolute(params.file);
    name = file.stem() == "config" ? file.parent_path().filename().string() : file.stem().string();
  }
  std::transform(name.begin(), name.end(), name.begin(), [](char c) {
    if (c >= 'A' && c <= 'Z') return static_cast<char>(c - 'A' + 'a');
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ? c : '-';
  });
  return name;
}

class ImportCommand final : public Command {
 public:
  explicit ImportCommand(CLI::App& parser) {
    parser.require_subcommand(1);
    CLI::App& model = *parser.add_subcommand("model", "a Hugging Face config.json as an entry of the catalogue");
    model.footer(
        "Examples:\n"
        "  cleave import model Llama-3.1-8B/config.json\n"
        "  cleave import model config.json --name my-model --out models/catalog/llm/my-model.yaml\n");
    model.add_option("file", params_.file, "the config.json")->required()->type_name("FILE");
    model.add_option("--name", params_.name, "of the entry; not given: that of the file's folder")->type_name("NAME");
    model.add_option("--out", params_.output, "file to write; not given: standard output")->type_name("FILE");
    model.add_flag("--force", params_.force, "replace an existing file");
  }

  ExitCode run() override { return import_command(params_, std::cout); }

 private:
  ImportParams params_;
};

}  // namespace

std::string catalogue_yaml(const LlmSpec& model) {
  std::string out = fmt::format("description: {}\nsource: {}\nconfidence: {}\nhidden: {}\nvocab: {}\n",
                                Json(model.description).dump(), Json(model.source).dump(), name_of(model.confidence),
                                model.hidden, model.vocab);
  if (model.tied_embeddings) out += "tied_embeddings: true\n";
  out += "layers:\n";
  for (const LayerGroup& group : model.layers) {
    out += fmt::format("  - count: {}\n    attention: {}\n    mlp: {}\n", group.count, flow_of(group.attention),
                       flow_of(group.mlp));
  }
  return out;
}

ExitCode import_command(const ImportParams& params, std::ostream& out) {
  const std::string yaml = catalogue_yaml(import_config(params.file, name_for(params)));
  if (params.output.empty()) {
    out << yaml;
    return ExitCode::ok;
  }
  if (!params.force && fs::exists(params.output)) {
    throw ConfigError(fmt::format("import: {} exists; --force replaces it", params.output));
  }
  std::ofstream file(params.output);
  file << yaml;
  file.close();
  if (!file) throw std::system_error(errno, std::generic_category(), params.output);
  return ExitCode::ok;
}

std::unique_ptr<Command> make_import_command(CLI::App& parser) {
  return std::make_unique<ImportCommand>(parser);
}

}  // namespace cleave
