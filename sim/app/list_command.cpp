#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>

#include "sim/app/commands.h"
#include "sim/app/kinds.h"

namespace cleave {
namespace {

void print_text(const std::vector<Listed>& rows) {
  std::size_t width = 0;
  for (const Listed& row : rows) width = std::max(width, row.name.size());
  for (const Listed& row : rows) fmt::print("{:<{}}  {}\n", row.name, width, row.note);
}

void print_json(const std::vector<Listed>& rows) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const Listed& row : rows) list.push_back({{"name", row.name}, {"note", row.note}});
  fmt::print("{}\n", list.dump(2));
}

class ListCommand final : public Command {
 public:
  explicit ListCommand(CLI::App& parser) {
    parser.add_option("kind", kind_, "which kind; none: the kinds themselves");
    add_format(parser, format_);
  }

  ExitCode run() override {
    const std::vector<Listed> rows = kind_.empty() ? all_kinds() : find_kind(kind_).entries();
    format_ == OutputFormat::json ? print_json(rows) : print_text(rows);
    return ExitCode::ok;
  }

 private:
  static std::vector<Listed> all_kinds() {
    std::vector<Listed> rows;
    for (const Kind& kind : kinds()) rows.push_back({std::string(kind.name), std::string(kind.help)});
    return rows;
  }

  std::string kind_;
  OutputFormat format_ = OutputFormat::text;
};

}  // namespace

std::unique_ptr<Command> make_list_command(CLI::App& parser) {
  return std::make_unique<ListCommand>(parser);
}

}  // namespace cleave
