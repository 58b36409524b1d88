#pragma once
// Finds the measured tables of a folder and reads them.

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "calibration/fit/family.h"
#include "calibration/fit/model_table.h"
#include "models/hardware/device.h"

namespace cleave::fit {

/// Devices of the catalogue by name.
using DeviceTable = std::map<std::string, const DeviceSpec*, std::less<>>;

/// The catalogue's entry for a folder's name: "h100_sxm" is `h100-sxm`, "RTX4090" `rtx-4090`, "a100_sxm" `a100-80-sxm`,
/// "gb200" the entry that starts so. Result: nullptr for none.
[[nodiscard]] const DeviceSpec* device_of_folder(std::string_view folder, const DeviceTable& devices);

/// The catalogue's name that is most like a folder's, for messages. `devices` is not empty.
[[nodiscard]] std::string_view nearest_device_name(std::string_view folder, const DeviceTable& devices);

/// What tables of no one device are read with: every rate is nominal, the link is 8 ports of 400 Gb/s.
[[nodiscard]] const DeviceSpec& no_device();

/// Tables of one family in one device's folder.
struct TableFiles {
  const Family* family = nullptr;
  std::string device;
  std::vector<std::string> files;
};

/// All tables under `folder` (to any depth; a table's device is the folder it lies in, but for those of an engine's
/// layers, layers/layer_table.h), by family and then device, those of layers last. Errors: ConfigError if it is no
/// folder.
[[nodiscard]] std::vector<TableFiles> find_tables(const std::filesystem::path& folder);

/// Reads and checks. Rows of the same point are averaged (geometric mean).
/// Errors: ConfigError "file:line: reason" for what CsvTable and `refuse_slips` refuse; a model of timed layers that
/// `models` lacks.
[[nodiscard]] Dataset read_tables(const TableFiles& tables, const DeviceSpec& spec, const ModelTable& models = {});

}  // namespace cleave::fit
