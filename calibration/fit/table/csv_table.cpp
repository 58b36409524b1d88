#include "calibration/fit/table/csv_table.h"

#include <fmt/format.h>
#include <zlib.h>

#include <array>
#include <charconv>
#include <cmath>
#include <memory>

#include "models/units/error.h"

namespace cleave::fit {
namespace {

struct GzCloser {
  void operator()(gzFile file) const { gzclose(file); }
};

/// gzread passes plain files through.
std::string read_whole(const std::string& file) {
  const std::unique_ptr<gzFile_s, GzCloser> gz(gzopen(file.c_str(), "rb"));
  if (!gz) throw ConfigError(fmt::format("{}: cannot be opened", file));
  std::string text;
  std::array<char, 1 << 16> block{};
  for (;;) {
    const int got = gzread(gz.get(), block.data(), static_cast<unsigned>(block.size()));
    int code = Z_OK;
    if (got <= 0) (void)gzerror(gz.get(), &code);
    if (got < 0 || (code != Z_OK && code != Z_STREAM_END)) {
      throw ConfigError(fmt::format("{}: damaged or truncated gzip", file));
    }
    if (got == 0) return text;
    text.append(block.data(), static_cast<std::size_t>(got));
  }
}

void split(std::string_view line, std::vector<std::string_view>& cells) {
  cells.clear();
  std::size_t begin = 0;
  for (;;) {
    const std::size_t comma = line.find(',', begin);
    cells.push_back(line.substr(begin, comma - begin));
    if (comma == std::string_view::npos) return;
    begin = comma + 1;
  }
}

}  // namespace

CsvTable::CsvTable(std::string file) : file_(std::move(file)), text_(read_whole(file_)) {
  read_header();
}

CsvTable::CsvTable(std::string name, std::string text) : file_(std::move(name)), text_(std::move(text)) {
  read_header();
}

void CsvTable::read_header() {
  std::string_view line;
  if (!next_line(line)) fail("is empty, expected a header");
  split(line, cells_);
  for (const std::string_view cell : cells_) {
    if (find(cell)) fail(fmt::format("column `{}` is there twice", cell));
    header_.emplace_back(cell);
  }
}

bool CsvTable::next_line(std::string_view& line) {
  if (at_ >= text_.size()) return false;
  const std::size_t end = text_.find('\n', at_);
  const std::size_t stop = end == std::string::npos ? text_.size() : end;
  line = std::string_view(text_).substr(at_, stop - at_);
  if (line.ends_with('\r')) line.remove_suffix(1);
  at_ = stop + 1;
  ++line_;
  return true;
}

std::optional<std::size_t> CsvTable::find(std::string_view name) const {
  for (std::size_t i = 0; i < header_.size(); ++i) {
    if (header_[i] == name) return i;
  }
  return std::nullopt;
}

std::size_t CsvTable::column(std::string_view name) const {
  if (const auto found = find(name)) return *found;
  throw ConfigError(fmt::format("{}:1: no column `{}`, got: {}", file_, name, fmt::join(header_, ", ")));
}

bool CsvTable::next() {
  std::string_view line;
  if (!next_line(line)) return false;
  split(line, cells_);
  if (cells_.size() != header_.size()) {
    fail(fmt::format("{} cells, expected {} as in the header", cells_.size(), header_.size()));
  }
  return true;
}

double CsvTable::number(std::size_t column) const {
  const std::string_view cell = cells_[column];
  double value = 0;
  const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  if (error != std::errc{} || end != cell.data() + cell.size()) {
    fail(fmt::format("`{}` is \"{}\", expected a number", header_[column], cell));
  }
  if (!std::isfinite(value)) fail(fmt::format("`{}` is {}, expected a finite number", header_[column], cell));
  return value;
}

double CsvTable::positive(std::size_t column) const {
  const double value = number(column);
  if (value <= 0) fail(fmt::format("`{}` is {}, expected a number above 0", header_[column], cells_[column]));
  return value;
}

double CsvTable::non_negative(std::size_t column) const {
  const double value = number(column);
  if (value < 0) fail(fmt::format("`{}` is {}, expected at least 0", header_[column], cells_[column]));
  return value;
}

void CsvTable::fail(std::string_view reason) const {
  throw ConfigError(fmt::format("{}:{}: {}", file_, line_, reason));
}

}  // namespace cleave::fit
