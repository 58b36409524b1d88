#include "calibration/bench/harness/run.h"

#include <fmt/format.h>

#include <algorithm>

#include "calibration/bench/harness/result_file.h"
#include "models/units/error.h"

namespace cleave::bench {
namespace {

/// A point whose failure ends the run (a device does not survive all of them) is not tried by the next run.
Outcome measured_or_recorded(const Probe& probe, const Point& point, ResultFile& file) {
  try {
    Outcome outcome = probe.measure(point, probe.spec.rule);
    file.add(point, outcome);
    return outcome;
  } catch (const std::exception& error) {
    file.add(point, Skipped{error.what()});
    throw;
  }
}

void run_one(const Probe& probe, const RunOptions& options, const std::function<double()>& clock, double deadline,
             RunResult& total) {
  ResultFile file(options.folder, probe.spec);
  RunResult here;
  const double begin = clock();
  for (std::size_t i = 0; i < probe.spec.grid.rows.size(); ++i) {
    const Point point(probe.spec.grid, i);
    if (file.has(point)) {
      ++here.resumed;
    } else if (clock() >= deadline) {
      ++here.left;
    } else {
      const Outcome outcome = measured_or_recorded(probe, point, file);
      ++(std::holds_alternative<Measurement>(outcome) ? here.measured : here.skipped);
    }
  }
  fmt::print(stderr, "{:<20} {:5} measured {:4} skipped {:5} from before {:5} left {:7.1f} s\n", probe.spec.name,
             here.measured, here.skipped, here.resumed, here.left, clock() - begin);
  total.measured += here.measured;
  total.skipped += here.skipped;
  total.resumed += here.resumed;
  total.left += here.left;
}

}  // namespace

std::vector<const Probe*> select_probes(const std::vector<Probe>& probes, const std::vector<std::string>& only) {
  for (const std::string& name : only) {
    if (std::any_of(probes.begin(), probes.end(), [&](const Probe& p) { return p.spec.name == name; })) continue;
    std::string valid;
    for (const Probe& probe : probes) valid += (valid.empty() ? "" : ", ") + probe.spec.name;
    throw ConfigError(fmt::format("--only {}: no such probe; there are {}", name, valid));
  }
  std::vector<const Probe*> result;
  for (const Probe& probe : probes) {
    if (only.empty() || std::find(only.begin(), only.end(), probe.spec.name) != only.end()) result.push_back(&probe);
  }
  return result;
}

RunResult run_probes(const std::vector<Probe>& probes, const RunOptions& options,
                     const std::function<double()>& clock) {
  const std::vector<const Probe*> selected = select_probes(probes, options.only);
  std::error_code error;
  std::filesystem::create_directories(options.folder, error);
  if (error) throw ConfigError(fmt::format("{}: {}", options.folder.string(), error.message()));
  const double deadline = clock() + options.budget_seconds;
  RunResult total;
  for (const Probe* probe : selected) run_one(*probe, options, clock, deadline, total);
  return total;
}

std::string list_probes(const std::vector<Probe>& probes) {
  std::string result;
  for (const Probe& probe : probes) {
    result += fmt::format("{:<20} {:5} points  {:<28} {}\n", probe.spec.name, probe.spec.grid.rows.size(),
                          probe.spec.table + "__cleave.csv", probe.spec.summary);
  }
  return result;
}

}  // namespace cleave::bench
