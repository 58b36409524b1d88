#include "calibration/fit/tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <system_error>

#include "calibration/fit/table/slips.h"
#include "models/units/error.h"

namespace cleave::fit {
namespace {

namespace fs = std::filesystem;

std::string folder_of(const fs::path& file) {
  return fs::absolute(file).lexically_normal().parent_path().filename().string();
}

/// "gemm_perf__vllm_0.24.0.csv.gz" is a table of stem "gemm_perf".
bool is_table(const fs::path& file, const Family& family) {
  const std::string name = file.filename().string();
  if (!name.ends_with(".csv") && !name.ends_with(".csv.gz")) return false;
  if (!family.folder.empty()) return folder_of(file) == family.folder;
  if (!name.starts_with(family.file)) return false;
  const std::string rest = name.substr(family.file.size());
  return rest.starts_with("__") || rest.starts_with(".");
}

std::string catalogue_style(std::string_view folder) {
  std::string name(folder);
  std::replace(name.begin(), name.end(), '_', '-');
  std::transform(name.begin(), name.end(), name.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
  return name;
}

/// "rtx-pro-6000" is also written RTXPRO6000.
std::string together(std::string name) {
  std::erase(name, '-');
  return name;
}

/// Insertions, deletions and substitutions from one name to another.
std::size_t edits(std::string_view from, std::string_view to) {
  std::vector<std::size_t> row(to.size() + 1);
  for (std::size_t j = 0; j <= to.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= from.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= to.size(); ++j) {
      const std::size_t changed = diagonal + (from[i - 1] == to[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, changed});
    }
  }
  return row.back();
}

void average_repeats(Dataset& data) {
  const auto key = [](const Sample& a, const Sample& b) {
    return a.variant != b.variant ? a.variant < b.variant : a.axis < b.axis;
  };
  std::stable_sort(data.samples.begin(), data.samples.end(), key);
  std::vector<Sample> kept;
  for (std::size_t i = 0; i < data.samples.size();) {
    std::size_t end = i;
    double sum = 0;
    for (; end < data.samples.size() && !key(data.samples[i], data.samples[end]); ++end) {
      sum += std::log(data.samples[end].seconds);
    }
    kept.push_back(data.samples[i]);
    kept.back().seconds = std::exp(sum / static_cast<double>(end - i));
    i = end;
  }
  data.samples = std::move(kept);
}

}  // namespace

const DeviceSpec& no_device() {
  static const DeviceSpec kSpec = [] {
    DeviceSpec spec;
    spec.name = "no device";
    spec.compute.bf16.peak.value = FlopsPerSecond{1e12};
    spec.compute.multiprocessors.emplace().value = 1;
    spec.memory.bandwidth.value = BytesPerSecond{1e12};
    spec.memory.cache.emplace().value = Bytes{1};
    spec.host_link.value = BytesPerSecond{8 * 50e9};
    return spec;
  }();
  return kSpec;
}

const DeviceSpec* device_of_folder(std::string_view folder, const DeviceTable& devices) {
  std::string name = catalogue_style(folder);
  if (name == "a100" || name == "a100-sxm") name = "a100-80-sxm";
  if (const auto found = devices.find(name); found != devices.end()) return found->second;
  for (const auto& [entry, spec] : devices) {
    if (together(entry) == together(name)) return spec;
  }
  // Else the entry that shares the longest beginning: at least a whole first word.
  const DeviceSpec* best = nullptr;
  std::size_t longest = name.substr(0, name.find('-')).size() - 1;
  for (const auto& [entry, spec] : devices) {
    const auto differ = std::mismatch(name.begin(), name.end(), entry.begin(), entry.end());
    const auto common = static_cast<std::size_t>(differ.first - name.begin());
    const bool whole_word = differ.second == entry.end() || *differ.second == '-';
    if (common > longest && (whole_word || common > name.find('-'))) {
      longest = common;
      best = spec;
    }
  }
  return best;
}

std::string_view nearest_device_name(std::string_view folder, const DeviceTable& devices) {
  const std::string name = catalogue_style(folder);
  const auto nearest = std::min_element(devices.begin(), devices.end(), [&](const auto& a, const auto& b) {
    return edits(name, a.first) < edits(name, b.first);
  });
  return nearest->first;
}

std::vector<TableFiles> find_tables(const fs::path& folder) {
  std::error_code failed;
  if (!fs::is_directory(folder, failed)) throw ConfigError(fmt::format("{}: no such folder", folder.string()));
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  std::vector<TableFiles> found;
  for (const Family& family : families()) {
    std::map<std::string, std::vector<std::string>> by_device;
    std::map<std::string, std::vector<std::string>> layers;
    for (const fs::path& file : files) {
      if (is_table(file, family)) by_device[folder_of(file)].push_back(file.string());
      if (family.read_layers == nullptr) continue;
      if (const auto path = layer_table_path(file)) layers[path->device].push_back(file.string());
    }
    for (auto& [device, names] : by_device) found.push_back({&family, device, std::move(names)});
    for (auto& [device, names] : layers) found.push_back({&family, device, std::move(names)});
  }
  return found;
}

Dataset read_tables(const TableFiles& tables, const DeviceSpec& spec, const ModelTable& models) {
  Dataset data;
  data.device = tables.device;
  for (const std::string& file : tables.files) {
    const auto index = static_cast<std::uint32_t>(data.files.size());
    data.files.push_back(file);
    CsvTable table(file);
    RowSink sink(data, index);
    if (const auto path = layer_table_path(file); path && tables.family->read_layers != nullptr) {
      tables.family->read_layers(table, timed_model(file, *path, models), path->stem, sink);
    } else {
      tables.family->read(table, sink);
    }
    refuse_slips(*tables.family, data, spec, index);
  }
  average_repeats(data);
  return data;
}

}  // namespace cleave::fit
