#pragma once

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "models/units/error.h"
#include "sim/scenario/load.h"

namespace cleave {

/// A folder that lives as long as the object.
class TempFolder {
 public:
  TempFolder() {
    static int count = 0;
    path_ = std::filesystem::temp_directory_path() /
            ("cleave-scenario-" + std::to_string(::getpid()) + "-" + std::to_string(count++));
    std::filesystem::create_directories(path_);
  }
  ~TempFolder() { std::filesystem::remove_all(path_); }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  std::filesystem::path write(const std::string& name, std::string_view text) const {
    const auto file = path_ / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
    return file;
  }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  /// A diagnostic with the folder's name taken out, so that a test can state it.
  [[nodiscard]] std::string without_folder(std::string text) const {
    const std::string prefix = path_.string() + "/";
    for (auto at = text.find(prefix); at != std::string::npos; at = text.find(prefix)) text.erase(at, prefix.size());
    return text;
  }

 private:
  std::filesystem::path path_;
};

/// What is left to say for a scenario that can run.
inline constexpr std::string_view kRest =
    "pools: [{name: p}]\n"
    "workload: {classes: [{traffic: {type: synthetic, requests: 1}}]}\n";

/// The diagnostic of a scenario file, or "no error".
inline std::string errors_of_scenario(std::string_view yaml, std::span<const std::string> overrides = {},
                                      const LoadOptions& options = {}) {
  const TempFolder folder;
  try {
    (void)load_scenario(folder.write("t.yaml", yaml), overrides, options);
  } catch (const ConfigError& error) {
    return folder.without_folder(error.what());
  }
  return "no error";
}

}  // namespace cleave
