#include "models/cost/device_calibration.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>

#include "models/units/error.h"

namespace cleave {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr int kFormat = 1;
constexpr const char* kStepFile = "step.json";

struct NamedTerm {
  const char* name;
  double StepOverhead::*member;
};
constexpr std::array<NamedTerm, 11> kTerms{{{"host_s", &StepOverhead::host},
                                            {"sequence_s", &StepOverhead::sequence},
                                            {"fixed_s", &StepOverhead::fixed},
                                            {"graph_scale", &StepOverhead::graph_scale},
                                            {"eager_fixed_s", &StepOverhead::eager_fixed},
                                            {"eager_scale", &StepOverhead::eager_scale},
                                            {"spread", &StepOverhead::spread},
                                            {"layer_captured_s", &StepOverhead::layer_captured},
                                            {"layer_eager_s", &StepOverhead::layer_eager},
                                            {"linear_captured_s", &StepOverhead::linear_captured},
                                            {"linear_eager_s", &StepOverhead::linear_eager}}};

[[noreturn]] void fail(const fs::path& file, std::string_view reason) {
  throw ConfigError(fmt::format("{}: {}", file.string(), reason));
}

StepOverhead read_overhead(const fs::path& file, const DeviceSpec& device) {
  std::ifstream in(file);
  if (!in) fail(file, "cannot be opened");
  try {
    const Json json = Json::parse(in);
    if (json.at("format") != kFormat) fail(file, fmt::format("format is not {}", kFormat));
    StepOverhead over;
    for (const NamedTerm& term : kTerms) {
      over.*(term.member) = json.at("coefficients").at(term.name);
      if (over.*(term.member) < 0) fail(file, fmt::format("{} is negative", term.name));
    }
    over.calibrated = json.at("device") == device.name;
    over.confidence = over.calibrated ? Confidence::measured : Confidence::derived;
    return over;
  } catch (const Json::exception& error) {
    fail(file, error.what());
  }
}

fs::path folder_of(const fs::path& hardware, const DeviceSpec& device) {
  const fs::path own = hardware / device.name;
  return !fs::is_directory(own) && device.kernels_of ? hardware / *device.kernels_of : own;
}

}  // namespace

std::vector<fs::path> calibration_files(const fs::path& hardware, const DeviceSpec& device) {
  std::vector<fs::path> files;
  const fs::path folder = folder_of(hardware, device);
  if (!fs::is_directory(folder)) return files;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

DeviceCalibration load_calibration(const fs::path& hardware, const DeviceSpec& device) {
  const fs::path folder = folder_of(hardware, device);
  DeviceCalibration out;
  out.overhead = plain_overhead(device);
  if (!fs::is_directory(folder)) return out;
  out.kernels = load_kernel_tables(folder, device);
  if (fs::exists(folder / kStepFile)) out.overhead = read_overhead(folder / kStepFile, device);
  return out;
}

std::shared_ptr<const DeviceCalibration> shared_calibration(const fs::path& hardware, const DeviceSpec& device) {
  static std::mutex mutex;
  static std::map<std::string, std::shared_ptr<const DeviceCalibration>> known;
  const std::scoped_lock lock(mutex);
  std::shared_ptr<const DeviceCalibration>& one = known[hardware.string() + "/" + device.name];
  if (!one) one = std::make_shared<const DeviceCalibration>(load_calibration(hardware, device));
  return one;
}

}  // namespace cleave
