#include "sim/validation/csv_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "models/units/error.h"
#include "sim/workload/trace/csv_line.h"
#include "sim/workload/trace/line_reader.h"

namespace cleave {
namespace {

std::vector<std::string> split(std::string_view line) {
  std::vector<std::string> fields;
  for (;;) {
    const std::size_t comma = line.find(',');
    fields.emplace_back(line.substr(0, comma));
    if (comma == std::string_view::npos) return fields;
    line.remove_prefix(comma + 1);
  }
}

}  // namespace

CsvTable CsvTable::load(const std::filesystem::path& file) {
  CsvTable table;
  table.file_ = file.string();
  Problems problems{table.file_};
  LineReader lines{table.file_, problems};
  while (lines.next()) {
    std::vector<std::string> fields = split(lines.text());
    if (table.columns_.empty()) {
      table.columns_ = std::move(fields);
    } else if (fields.size() != table.columns_.size()) {
      problems.add(lines.number(), "fields", fields.size(), fmt::format("{}", table.columns_.size()));
    } else {
      table.rows_.push_back(std::move(fields));
    }
  }
  if (table.columns_.empty()) throw ConfigError(table.file_ + ": is empty, expected a header line");
  return table;
}

std::optional<std::size_t> CsvTable::find(std::string_view column) const {
  const auto at = std::find(columns_.begin(), columns_.end(), column);
  if (at == columns_.end()) return std::nullopt;
  return static_cast<std::size_t>(at - columns_.begin());
}

bool CsvTable::has(std::string_view column) const {
  return find(column).has_value();
}

std::string_view CsvTable::text(std::size_t row, std::string_view column) const {
  const auto at = find(column);
  if (!at) throw ConfigError(fmt::format("{}: has no column {}", file_, column));
  return rows_[row][*at];
}

std::optional<double> CsvTable::maybe(std::size_t row, std::string_view column) const {
  const auto at = find(column);
  if (!at || rows_[row][*at].empty()) return std::nullopt;
  const auto value = to_number(rows_[row][*at]);
  if (!value) {
    throw ConfigError(fmt::format("{}:{}: {}: got {}, expected a number", file_, row + 2, column, rows_[row][*at]));
  }
  return value;
}

double CsvTable::number(std::size_t row, std::string_view column) const {
  const auto value = maybe(row, column);
  if (!value) throw ConfigError(fmt::format("{}:{}: {}: is missing, expected a number", file_, row + 2, column));
  return *value;
}

std::int64_t CsvTable::whole(std::size_t row, std::string_view column) const {
  return std::llround(number(row, column));
}

std::optional<std::filesystem::path> find_table(const std::filesystem::path& folder, const std::string& name) {
  for (const std::string& candidate : {name, name + ".gz"}) {
    if (std::filesystem::exists(folder / candidate)) return folder / candidate;
  }
  return std::nullopt;
}

}  // namespace cleave
