#include "calibration/fit/run.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "calibration/fit/evaluate.h"
#include "calibration/fit/parallel.h"
#include "calibration/fit/steps/step_fit.h"
#include "models/units/error.h"

namespace cleave::fit {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kStep = "step";

bool wanted(const RunOptions& options, std::string_view family) {
  return options.only.empty() || std::find(options.only.begin(), options.only.end(), family) != options.only.end();
}

/// Tables of a folder with their catalogue entries, families in order.
struct Found {
  std::vector<TableFiles> tables;
  std::vector<const DeviceSpec*> specs;
};

/// Folders of one accelerator are one device, which is called like the first of them.
void add(TableFiles table, const DeviceSpec* spec, Found& found) {
  for (std::size_t i = 0; i < found.tables.size(); ++i) {
    if (!table.family->folder.empty() || found.tables[i].family != table.family || found.specs[i] != spec) continue;
    std::vector<std::string>& files = found.tables[i].files;
    files.insert(files.end(), table.files.begin(), table.files.end());
    return;
  }
  found.tables.push_back(std::move(table));
  found.specs.push_back(spec);
}

Found find_known(const fs::path& folder, const Known& known, const RunOptions& options) {
  Found found;
  for (TableFiles& table : find_tables(folder)) {
    if (!wanted(options, table.family->name)) continue;
    const DeviceSpec* spec =
        table.family->folder.empty() ? device_of_folder(table.device, known.devices) : &no_device();
    if (spec == nullptr) {
      throw ConfigError(
          fmt::format("{}: no accelerator of the catalogue is called like the folder `{}`; the nearest name is `{}`",
                      table.files.front(), table.device, nearest_device_name(table.device, known.devices)));
    }
    add(std::move(table), spec, found);
  }
  return found;
}

std::vector<MeasuredDevice> read_family(const Found& found, const Known& known, const Family& family) {
  std::vector<std::size_t> chosen;
  for (std::size_t i = 0; i < found.tables.size(); ++i) {
    if (found.tables[i].family->name == family.name) chosen.push_back(i);
  }
  std::vector<MeasuredDevice> devices(chosen.size());
  for_each_index(chosen.size(), [&](std::size_t i) {
    devices[i] = {read_tables(found.tables[chosen[i]], *found.specs[chosen[i]], known.models), found.specs[chosen[i]]};
  });
  std::erase_if(devices, [](const MeasuredDevice& device) { return device.data.samples.empty(); });
  return devices;
}

std::vector<StepTable> read_all_steps(const fs::path& folder, const Known& known, const RunOptions& options) {
  std::vector<StepTable> tables;
  if (!wanted(options, kStep) || known.step_device == nullptr) return tables;
  for (const fs::path& each : find_step_folders(folder)) tables.push_back(read_steps(each, known.models));
  return tables;
}

StepDevice step_device(const Known& known) {
  return {known.step_device, load_calibration(known.hardware, *known.step_device).kernels};
}

void append(std::vector<RegionResult>& to, std::vector<RegionResult> from) {
  std::move(from.begin(), from.end(), std::back_inserter(to));
}

void add_laws(const Family& family, const std::vector<MeasuredDevice>& devices, RunResult& result) {
  std::vector<std::vector<LawResult>> laws(devices.size());
  for_each_index(devices.size(), [&](std::size_t i) {
    laws[i] = check_laws(fit_device(family, devices[i].data, *devices[i].spec), devices[i].data);
  });
  for (auto& each : laws) result.laws.insert(result.laws.end(), each.begin(), each.end());
}

/// Of the regions of one device: the worse where a family has several of a kind.
KernelErrors held_out_errors(const Family& family, const std::vector<RegionResult>& results,
                             const std::string& device) {
  KernelErrors errors;
  for (const RegionResult& result : results) {
    if (result.device != device) continue;
    const auto region = std::find_if(family.regions.begin(), family.regions.end(),
                                     [&](const Region& each) { return each.name == result.region; });
    double& worst = region->kind == RegionKind::group    ? errors.unseen_shape
                    : region->kind == RegionKind::beyond ? errors.beyond
                    : region->kind == RegionKind::device ? errors.unseen_device
                                                         : errors.on_grid;
    worst = std::max(worst, result.fitted().mean / 100);
  }
  return errors;
}

/// Rows of groups of families, region by region, from the families' rows over all devices.
std::vector<RegionResult> group_results(const std::vector<RegionResult>& results) {
  std::map<std::pair<std::string_view, std::string_view>, std::pair<const Region*, ErrorTally>> groups;
  for (const RegionResult& result : results) {
    const Family* family = find_family(result.family);
    if (family == nullptr || family->group.empty() || result.device != "all") continue;
    for (const Region& region : family->regions) {
      if (region.name != result.region) continue;
      auto& [stated, tally] = groups[{family->group, region.name}];
      stated = &region;
      tally.add(result.tally);
    }
  }
  std::vector<RegionResult> out;
  for (const auto& [key, group] : groups) {
    RegionResults rows(key.first, key.second, group.first->target_mean, group.first->target_p95);
    rows.add("all families", group.second);
    rows.append_to(out);
  }
  std::erase_if(out, [](const RegionResult& row) { return row.device != "all"; });
  return out;
}

void require_something(const RunResult& result, const std::string& where) {
  if (!result.regions.empty()) return;
  std::string message = fmt::format("{}: no table that can be fitted and tested", where);
  for (const std::string& each : result.left_out) message += "\n" + each;
  throw ConfigError(message);
}

}  // namespace

RunResult evaluate_folder(const fs::path& folder, const Known& known, const RunOptions& options) {
  RunResult result;
  const Found found = find_known(folder, known, options);
  for (const Family& family : families()) {
    const std::vector<MeasuredDevice> devices = read_family(found, known, family);
    if (devices.empty()) continue;
    append(result.regions, evaluate(family, devices, options.rows));
    add_laws(family, devices, result);
  }
  append(result.regions, group_results(result.regions));
  const std::vector<StepTable> steps = read_all_steps(folder, known, options);
  if (!steps.empty()) append(result.regions, evaluate_steps(steps, step_device(known)));
  require_something(result, folder.string());
  return result;
}

RunResult evaluate_folders(const fs::path& fit, const fs::path& test, const Known& known, const RunOptions& options) {
  RunResult result;
  const Found fitted = find_known(fit, known, options);
  const Found tested = find_known(test, known, options);
  for (const Family& family : families()) {
    const std::vector<MeasuredDevice> known_devices = read_family(fitted, known, family);
    const std::vector<MeasuredDevice> test_devices = read_family(tested, known, family);
    if (test_devices.empty()) continue;
    if (known_devices.empty()) {
      result.left_out.push_back(fmt::format("{}: no table of this family under {}", family.name, fit.string()));
      continue;
    }
    append(result.regions, evaluate_on(family, known_devices, test_devices));
    add_laws(family, known_devices, result);
  }
  append(result.regions, group_results(result.regions));
  const std::vector<StepTable> test_steps = read_all_steps(test, known, options);
  if (!test_steps.empty()) {
    const std::vector<StepTable> known_steps = read_all_steps(fit, known, options);
    append(result.regions, evaluate_steps_on(known_steps, test_steps, step_device(known)));
  }
  require_something(result, fmt::format("{} and {}", fit.string(), test.string()));
  return result;
}

std::vector<FittedTable> fit_folder(const fs::path& folder, const Known& known, const RunOptions& options) {
  const Found found = find_known(folder, known, options);
  std::vector<FittedTable> out;
  for (const Family& family : families()) {
    if (!family.folder.empty()) continue;  // of no device
    std::vector<MeasuredDevice> devices = read_family(found, known, family);
    const std::vector<RegionResult> regions = evaluate(family, devices, options.rows);
    std::vector<FittedTable> tables(devices.size());
    for_each_index(devices.size(), [&](std::size_t i) {
      tables[i].fitted = fit_device(family, devices[i].data, *devices[i].spec);
      tables[i].errors = held_out_errors(family, regions, devices[i].data.device);
      tables[i].data = std::move(devices[i].data);
    });
    std::move(tables.begin(), tables.end(), std::back_inserter(out));
  }
  return out;
}

std::optional<FittedSteps> fit_step_folder(const fs::path& folder, const Known& known, const RunOptions& options) {
  const std::vector<StepTable> tables = read_all_steps(folder, known, options);
  if (tables.empty()) return std::nullopt;
  FittedSteps out{known.step_device, fit_steps(tables, step_device(known)), {}};
  for (const StepTable& table : tables) out.folders.push_back(table.folder);
  return out;
}

std::vector<std::string> family_names() {
  std::vector<std::string> names;
  for (const Family& family : families()) names.emplace_back(family.name);
  names.emplace_back(kStep);
  return names;
}

}  // namespace cleave::fit
