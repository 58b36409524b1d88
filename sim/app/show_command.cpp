#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "models/units/error.h"
#include "sim/app/commands.h"
#include "sim/app/kinds.h"
#include "sim/scenario/catalogue.h"
#include "sim/scenario/diagnostics.h"

namespace cleave {
namespace {

/// Everything that one name stands for.
struct Entry {
  std::string kind;
  std::string name;
  std::string description;
  std::vector<CatalogueRow> rows;  // empty for what is not data: a policy, a fault
};

/// "h200" for "h200-sxm", where that is the only entry that begins so.
std::string full_name(const std::string& name, const Catalogue& catalogue) {
  std::vector<std::string> longer;
  for (const CatalogueItem& item : catalogue.items()) {
    if (item.name == name) return name;
    if (item.name.starts_with(name + "-")) longer.push_back(item.name);
  }
  return longer.size() == 1 ? longer.front() : name;
}

/// Whether `list KIND` prints entries of the catalogue's kind. nullptr: any.
bool is_of(const CatalogueItem& item, const Kind* kind) {
  if (kind == nullptr) return true;
  if (!kind->of_catalogue) return false;
  const std::string noun(noun_of(item.kind));
  return kind->name == noun || kind->name == noun + "s";
}

std::vector<Entry> entries_named(const std::string& name, const Kind* kind_asked, const Catalogue& catalogue) {
  std::vector<Entry> entries;
  for (const CatalogueItem* item : catalogue.find_items(name)) {
    if (!is_of(*item, kind_asked)) continue;
    entries.push_back({std::string(noun_of(item->kind)), item->name, item->description, catalogue.rows(*item)});
  }
  for (const Kind& kind : kinds()) {
    if (kind.of_catalogue || (kind_asked != nullptr && &kind != kind_asked)) continue;
    for (const Listed& row : kind.entries()) {
      if (row.name == name) entries.push_back({std::string(kind.name), row.name, row.note, {}});
    }
  }
  return entries;
}

[[noreturn]] void throw_unknown(const std::string& name, const Kind* kind_asked) {
  std::vector<std::string> names;
  for (const Kind& kind : kinds()) {
    if (kind_asked != nullptr && &kind != kind_asked) continue;
    for (const Listed& row : kind.entries()) names.push_back(row.name);
  }
  const std::vector<std::string_view> views(names.begin(), names.end());
  // "h100" is meant as "h100-sxm", though other names are fewer letters away.
  const auto longer = std::find_if(views.begin(), views.end(), [&](auto known) { return known.starts_with(name); });
  const std::string hint =
      longer == views.end() ? suggestion(name, views) : fmt::format("; did you mean `{}`?", *longer);
  throw ConfigError(fmt::format("show: got `{}`, expected a name that `cleave list KIND` prints{}", name, hint));
}

void print_text(const Entry& entry) {
  fmt::print("{} ({}): {}\n", entry.name, entry.kind, entry.description);
  std::size_t keys = 0;
  std::size_t values = 0;
  for (const CatalogueRow& row : entry.rows) {
    keys = std::max(keys, row.key.size());
    values = std::max(values, row.value.size());
  }
  for (const CatalogueRow& row : entry.rows) {
    std::string line = fmt::format("  {:<{}}  {:<{}}  {:<9}  {}", row.key, keys, row.value,
                                   std::min(values, std::size_t{40}), row.confidence, row.source);
    line.erase(line.find_last_not_of(' ') + 1);
    fmt::print("{}\n", line);
  }
}

nlohmann::ordered_json to_json(const Entry& entry) {
  nlohmann::ordered_json values = nlohmann::ordered_json::array();
  for (const CatalogueRow& row : entry.rows) {
    values.push_back({{"key", row.key}, {"value", row.value}, {"confidence", row.confidence}, {"source", row.source}});
  }
  return {{"kind", entry.kind}, {"name", entry.name}, {"description", entry.description}, {"values", values}};
}

class ShowCommand final : public Command {
 public:
  explicit ShowCommand(CLI::App& parser) {
    parser.add_option("name", words_, "what `cleave list KIND` prints, with the kind before it or without")
        ->required()
        ->expected(1, 2)
        ->type_name("[KIND] NAME");
    add_format(parser, format_);
  }

  ExitCode run() override {
    const Catalogue catalogue = Catalogue::load(catalogue_folder());
    const Kind* kind = words_.size() == 2 ? &find_kind(words_.front()) : nullptr;
    const std::vector<Entry> entries = entries_named(full_name(words_.back(), catalogue), kind, catalogue);
    if (entries.empty()) throw_unknown(words_.back(), kind);
    if (format_ == OutputFormat::text) {
      for (const Entry& entry : entries) print_text(entry);
      return ExitCode::ok;
    }
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    for (const Entry& entry : entries) list.push_back(to_json(entry));
    fmt::print("{}\n", list.dump(2));
    return ExitCode::ok;
  }

 private:
  std::vector<std::string> words_;
  OutputFormat format_ = OutputFormat::text;
};

}  // namespace

std::unique_ptr<Command> make_show_command(CLI::App& parser) {
  return std::make_unique<ShowCommand>(parser);
}

}  // namespace cleave
