#include "sim/validation/kinds.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace cleave {
namespace {

namespace fs = std::filesystem;

/// "1.2 %" of a relative error, "1.2 points" of a difference of shares.
std::string error_text(double error, bool in_points) {
  return fmt::format("{:+.1f} {}", 100 * error, in_points ? "points" : "%");
}

std::string limit_text(const std::optional<double>& limit, bool in_points) {
  if (!limit) return "";
  return fmt::format("± {:g} {}", 100 * *limit, in_points ? "points" : "%");
}

template <class Keep>
std::vector<fs::path> entries(const fs::path& folder, Keep keep) {
  std::vector<fs::path> found;
  if (!fs::is_directory(folder)) return found;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (keep(entry)) found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace

std::vector<fs::path> folders_in(const fs::path& folder) {
  return entries(folder, [](const fs::directory_entry& entry) {
    return entry.is_directory() && !entry.path().filename().string().starts_with("_");
  });
}

std::vector<fs::path> files_in(const fs::path& folder, const std::string& suffix) {
  return entries(folder, [&](const fs::directory_entry& entry) {
    return entry.is_regular_file() && entry.path().filename().string().ends_with(suffix);
  });
}

RunReport skipped(std::string run, std::string why) {
  RunReport report;
  report.run = std::move(run);
  report.status = ReportStatus::skipped;
  report.why = std::move(why);
  return report;
}

bool has_kernel_tables(const std::string& device) {
  return !files_in(catalogue_folder() / "hardware" / device, ".json").empty();
}

std::string kernels_reason(const DeviceSpec& device) {
  if (has_kernel_tables(device.name)) return "";
  if (device.kernels_of) {
    return fmt::format("the kernels are those measured on {}, scaled by the data sheets", *device.kernels_of);
  }
  return "the kernels of this accelerator have no fits of their own: the catalogue's shares of its peaks price them";
}

std::vector<Target> targets_by_limits(const std::vector<RunReport>& reports) {
  std::vector<Target> targets;
  for (const RunReport& report : reports) {
    for (const Comparison& c : report.comparisons) {
      if (!c.limit) continue;
      targets.push_back({report.run + ": " + c.name, limit_text(c.limit, c.in_points), limit_text(c.goal, c.in_points),
                         error_text(c.error(), c.in_points), c.within_limit()});
    }
    for (const SeriesComparison& series : report.series) {
      if (!series.limit) continue;
      targets.push_back({report.run + ": " + series.name + ", second by second, mean absolute error of the peak",
                         fmt::format("{:g} %", 100 * *series.limit), "", fmt::format("{:.1f} %", 100 * series.error),
                         series.error <= *series.limit});
    }
  }
  return targets;
}

std::span<const MeasuredKind> measured_kinds() {
  static const std::array kinds{kLlmServingSimRuns, kMultiTurnRuns, kInferencexRows, kAgenticRuns,
                                kLmbenchRuns,       kStaticBatches, kEngineSteps};
  return kinds;
}

}  // namespace cleave
