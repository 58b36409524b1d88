#include "sim/workload/servegen.h"

#include <algorithm>

#include "models/units/error.h"
#include "sim/workload/trace/csv_line.h"
#include "sim/workload/trace/file_set.h"

namespace cleave {

namespace {

// i of ".../<category>/chunk-<i>-trace.csv".
std::optional<std::uint32_t> client_number(std::string_view name, const std::string& category) {
  const std::string before = category + "/chunk-";
  constexpr std::string_view after = "-trace.csv";
  const std::size_t start = name.rfind(before);
  if (start == std::string_view::npos || (start > 0 && name[start - 1] != '/') || !name.ends_with(after)) return {};
  name.remove_prefix(start + before.size());
  name.remove_suffix(after.size());
  const auto number = to_natural(name);
  if (!number || *number > 1'000'000) return std::nullopt;
  return static_cast<std::uint32_t>(*number);
}

std::optional<ServegenWindow> read_window(const CsvLine& line, std::uint64_t number, Problems& problems) {
  const auto rate = line.number(1, "rate", 0);
  const auto cv = line.number(2, "cv", 0);
  if (!rate || !cv) return std::nullopt;
  const std::string_view family = line.text(3);
  if (*rate == 0 && family.empty()) return ServegenWindow{};
  ServegenWindow window{.rate = *rate};
  if (family == "Gamma") {
    window.family = GapFamily::gamma;
  } else if (family == "Weibull") {
    window.family = GapFamily::weibull;
  } else if (family.empty()) {  // too few requests for a fit: no burstiness is known
    window.family = GapFamily::gamma;
    return window;
  } else {
    problems.add(number, "family", family, "Gamma, Weibull or nothing");
    return std::nullopt;
  }
  const auto shape = line.number(4, "shape", 0.01);
  if (!shape) return std::nullopt;
  window.shape = *shape;
  return window;
}

std::vector<ServegenWindow> read_windows(const std::string& file, std::string_view content) {
  Problems problems(file);
  CsvLine line(problems);
  std::vector<ServegenWindow> windows;
  std::uint64_t number = 0;
  while (!content.empty()) {
    const std::size_t end = content.find('\n');
    std::string_view text = content.substr(0, end);
    content.remove_prefix(end == std::string_view::npos ? content.size() : end + 1);
    if (text.ends_with('\r')) text.remove_suffix(1);
    if (!line.split(++number, text, 6)) continue;
    const auto expected = static_cast<double>(windows.size()) * to_seconds(kServegenWindow);
    const auto start = line.number(0, "window start", 0);
    if (start && *start != expected) problems.add(number, "window start", *start, fmt::format("{}", expected));
    if (const auto window = read_window(line, number, problems)) windows.push_back(*window);
  }
  return windows;
}

}  // namespace

std::vector<ServegenClient> read_servegen(const std::string& path, const std::string& category) {
  std::vector<ServegenClient> clients;
  for_each_file(
      path, [&](std::string_view name) { return client_number(name, category).has_value(); },
      [&](std::string_view name, std::string_view content) {
        clients.push_back({*client_number(name, category), read_windows(fmt::format("{}:{}", path, name), content)});
      });
  if (clients.empty()) {
    throw ConfigError(
        fmt::format("{}: category: got \"{}\", expected a folder with chunk-*-trace.csv files", path, category));
  }
  std::sort(clients.begin(), clients.end(), [](const auto& a, const auto& b) { return a.number < b.number; });
  for (std::size_t i = 1; i < clients.size(); ++i) {
    if (clients[i].number == clients[i - 1].number) {
      throw ConfigError(fmt::format("{}: category \"{}\": two files of client {}", path, category, clients[i].number));
    }
  }
  return clients;
}

}  // namespace cleave
