#include "calibration/bench/harness/meta.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <fstream>
#include <nlohmann/json.hpp>

#include "models/units/error.h"

namespace cleave::bench {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

Json read(const fs::path& file) {
  std::ifstream in(file);
  if (!in) return Json::object();
  Json json = Json::parse(in, nullptr, false);
  if (!json.is_object()) throw ConfigError(fmt::format("{}: not a JSON object", file.string()));
  return json;
}

/// Values along each axis, in the order in which they first appear.
Json axes_of(const Grid& grid) {
  Json axes = Json::object();
  for (std::size_t i = 0; i < grid.axes.size(); ++i) {
    Json values = Json::array();
    for (const auto& row : grid.rows) {
      const Json value = std::visit([](const auto& v) { return Json(v); }, row[i]);
      if (std::find(values.begin(), values.end(), value) == values.end()) values.push_back(value);
    }
    axes[grid.axes[i]] = std::move(values);
  }
  return axes;
}

Json entry_of(const ProbeSpec& spec) {
  return {{"table", spec.table},
          {"summary", spec.summary},
          {"points", spec.grid.rows.size()},
          {"axes", axes_of(spec.grid)},
          {"stopping",
           {{"min_repeats", spec.rule.min_repeats},
            {"max_repeats", spec.rule.max_repeats},
            {"relative_error", spec.rule.relative_error},
            {"max_seconds", spec.rule.max_seconds}}}};
}

void refuse_another(const fs::path& file, const Json& json, const Environment& environment) {
  if (!json.contains("environment")) return;
  for (const auto& [name, value] : environment) {
    const std::string before = json["environment"].value(name, "");
    if (before == value) continue;
    throw ConfigError(
        fmt::format("{}: {} was `{}` when this folder was measured and is `{}` now: measure into another "
                    "folder",
                    file.string(), name, before, value));
  }
}

}  // namespace

void write_meta(const fs::path& folder, const Environment& environment, const Environment& volatile_facts,
                const std::vector<const ProbeSpec*>& probes) {
  const fs::path file = folder / "meta.json";
  Json json = read(file);
  refuse_another(file, json, environment);
  json["latency"] = "milliseconds; median of repeats, with the 95 % interval of the median";
  json["environment"] = environment;
  for (const ProbeSpec* spec : probes) json["grid"][spec->name] = entry_of(*spec);
  Json run = {{"date", fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)))},
              {"commit", built_commit()}};
  for (const auto& [name, value] : volatile_facts) run[name] = value;
  json["runs"].push_back(std::move(run));
  std::ofstream out(file);
  out << json.dump(2) << '\n';
  if (!out.flush()) throw ConfigError(fmt::format("{}: cannot be written", file.string()));
}

std::string built_commit() {
  return CLEAVE_COMMIT;
}

}  // namespace cleave::bench
