#pragma once
// Devices that need no catalogue file.

#include <string>

#include "calibration/fit/run.h"
#include "calibration/fit/tables.h"

namespace cleave::fit {

inline DeviceSpec gpu(const std::string& name, double bf16, double bandwidth, std::uint32_t multiprocessors,
                      double link) {
  DeviceSpec spec;
  spec.name = name;
  spec.compute.bf16.peak.value = FlopsPerSecond{bf16};
  spec.compute.fp8.emplace().peak.value = FlopsPerSecond{2 * bf16};
  spec.compute.multiprocessors.emplace().value = multiprocessors;
  spec.memory.bandwidth.value = BytesPerSecond{bandwidth};
  spec.memory.cache.emplace().value = Bytes{50 * 1024 * 1024};
  spec.scale_up.emplace().bandwidth.value = BytesPerSecond{link};
  return spec;
}

/// The two devices of the fixtures.
inline const DeviceTable& fixture_devices() {
  static const DeviceSpec kH100 = gpu("h100-sxm", 989e12, 3.35e12, 132, 450e9);
  static const DeviceSpec kB200 = gpu("b200-sxm", 2250e12, 7.7e12, 148, 900e9);
  static const DeviceTable kTable{{"b200-sxm", &kB200}, {"h100-sxm", &kH100}};
  return kTable;
}

inline std::string fixtures() {
  return CLEAVE_SOURCE_DIR "/tests/fixtures/kernels";
}

inline RunResult evaluate_fixtures(const std::vector<std::string>& only) {
  return evaluate_folder(fixtures(), {fixture_devices(), {}, nullptr, {}}, {only, 500});
}

/// The row over all devices. There is one.
inline const RegionResult& region(const RunResult& result, const std::string& family, const std::string& name) {
  for (const RegionResult& row : result.regions) {
    if (row.family == family && row.region == name && row.device == "all") return row;
  }
  throw std::out_of_range(family + ", " + name);
}

}  // namespace cleave::fit
