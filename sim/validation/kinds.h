#pragma once
// Kinds of measured runs: how each is read, run and judged.

#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sim/scenario/catalogue.h"
#include "sim/validation/run_report.h"

namespace cleave {

/// One comparison to make; `work` simulates, so it runs in a process of its own.
struct ValidationTask {
  std::string run;
  std::function<RunReport()> work;
};

/// What was asked of the simulator, and what it reached.
struct Target {
  std::string what;
  std::string limit;  // in words
  std::string goal;
  std::string reached;
  std::optional<bool> pass;  // nullopt: nothing to judge it by
};

/// A kind of data set. All text is static.
struct MeasuredKind {
  const char* folder;  // below the data folder
  const char* title;
  const char* load;  // what was sent, and how it is sent again
  bool grouped;      // many small runs, told by groups rather than one by one
  std::vector<ValidationTask> (*find)(const std::filesystem::path& folder, const Catalogue& catalogue);
  std::vector<Target> (*judge)(const std::vector<RunReport>& reports);
};

[[nodiscard]] std::span<const MeasuredKind> measured_kinds();

/// Sub-folders of a folder, by name.
[[nodiscard]] std::vector<std::filesystem::path> folders_in(const std::filesystem::path& folder);
/// Files of a folder whose name ends so, by name.
[[nodiscard]] std::vector<std::filesystem::path> files_in(const std::filesystem::path& folder,
                                                          const std::string& suffix);

/// A report that says why there is nothing to compare.
[[nodiscard]] RunReport skipped(std::string run, std::string why);

/// Whether times of this device's own kernels were measured, rather than carried over from others.
[[nodiscard]] bool has_kernel_tables(const std::string& device);

/// Why kernels of the device may be off, if they were not measured on it. Empty if they were.
[[nodiscard]] std::string kernels_reason(const DeviceSpec& device);

/// Every limit that comparisons and series of the reports carry, one target each.
[[nodiscard]] std::vector<Target> targets_by_limits(const std::vector<RunReport>& reports);

// One a kind, in the file of that name.
extern const MeasuredKind kLlmServingSimRuns;
extern const MeasuredKind kMultiTurnRuns;
extern const MeasuredKind kInferencexRows;
extern const MeasuredKind kAgenticRuns;
extern const MeasuredKind kLmbenchRuns;
extern const MeasuredKind kStaticBatches;
extern const MeasuredKind kEngineSteps;

}  // namespace cleave
