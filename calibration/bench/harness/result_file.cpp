#include "calibration/bench/harness/result_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "models/units/error.h"

namespace cleave::bench {
namespace {

namespace fs = std::filesystem;

constexpr const char* kResultColumns =
    "latency,latency_low,latency_high,repeats,launches,cache,timed,sm_clock_mhz,throttled";

std::string joined(const std::vector<std::string>& cells) {
  return fmt::format("{}", fmt::join(cells, ","));
}

/// The first `count` cells of a line, or nothing if it has fewer or as many.
std::optional<std::string> first_cells(const std::string& line, std::size_t count) {
  std::size_t end = 0;
  for (std::size_t i = 0; i < count; ++i) {
    end = line.find(',', i == 0 ? 0 : end + 1);
    if (end == std::string::npos) return std::nullopt;
  }
  return line.substr(0, end);
}

/// Reads the whole lines of a file; cuts off what follows the last of them.
std::vector<std::string> whole_lines(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return {};
  std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  const std::size_t end = text.rfind('\n') + 1;  // npos + 1 is 0
  if (end != text.size()) fs::resize_file(file, end);
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < end;) {
    const std::size_t next = text.find('\n', at);
    lines.push_back(text.substr(at, next - at));
    at = next + 1;
  }
  return lines;
}

/// Opens for appending and notes the points there are. `cells`: how many belong to a row.
std::ofstream resume(const fs::path& file, const std::string& header, std::size_t axes, std::set<std::string>& done) {
  const std::vector<std::string> lines = whole_lines(file);
  if (!lines.empty() && lines.front() != header) {
    throw ConfigError(fmt::format("{}:1: the header is `{}`, expected `{}`: measure into another folder", file.string(),
                                  lines.front(), header));
  }
  const auto commas = std::count(header.begin(), header.end(), ',');
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const auto key = first_cells(lines[i], axes);
    if (!key || std::count(lines[i].begin(), lines[i].end(), ',') != commas) {
      throw ConfigError(fmt::format("{}:{}: not as many cells as the header", file.string(), i + 1));
    }
    done.insert(*key);
  }
  std::ofstream out(file, std::ios::binary | std::ios::app);
  if (lines.empty()) out << header << '\n' << std::flush;
  if (!out) throw ConfigError(fmt::format("{}: cannot be written", file.string()));
  return out;
}

std::string row_of(const Measurement& m) {
  const std::string clock = m.clock_mhz ? fmt::format("{:.0f}", *m.clock_mhz) : "";
  const std::string throttled = m.throttled ? (*m.throttled ? "1" : "0") : "";
  return fmt::format("{:.6g},{:.6g},{:.6g},{},{},{},{},{},{}", m.latency.median, m.latency.low, m.latency.high,
                     m.repeats, m.launches, m.cache == Cache::cold ? "cold" : "warm",
                     m.timed == Timed::graph ? "graph" : (m.timed == Timed::stream ? "stream" : "host"), clock,
                     throttled);
}

std::string without_commas(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == ',' || c == '\n'; }, ';');
  return text;
}

}  // namespace

ResultFile::ResultFile(const fs::path& folder, const ProbeSpec& spec)
    : rows_file_(folder / (spec.table + "__cleave.csv")), skipped_file_(folder / ("skipped__" + spec.table + ".csv")) {
  const std::string axes = joined(spec.grid.axes);
  rows_ = resume(rows_file_, axes + "," + kResultColumns, spec.grid.axes.size(), done_);
  if (fs::exists(skipped_file_)) skipped_ = resume(skipped_file_, axes + ",reason", spec.grid.axes.size(), done_);
}

void ResultFile::append(const fs::path& file, std::ofstream& out, const std::string& line) {
  out << line << '\n' << std::flush;
  if (!out) throw ConfigError(fmt::format("{}: cannot be written", file.string()));
}

void ResultFile::add(const Point& point, const Outcome& outcome) {
  if (const auto* measured = std::get_if<Measurement>(&outcome)) {
    append(rows_file_, rows_, point.key() + "," + row_of(*measured));
  } else {
    if (!skipped_.is_open()) {
      skipped_ = std::ofstream(skipped_file_, std::ios::binary);
      append(skipped_file_, skipped_, joined(point.axes()) + ",reason");
    }
    append(skipped_file_, skipped_, point.key() + "," + without_commas(std::get<Skipped>(outcome).reason));
  }
  done_.insert(point.key());
}

}  // namespace cleave::bench
