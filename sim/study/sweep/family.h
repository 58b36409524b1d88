#pragma once
// Many variants of one scenario: the file is read once, each variant is a few values set in it.

#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "sim/scenario/catalogue.h"
#include "sim/scenario/load.h"
#include "sim/study/sweep/axes.h"
#include "sim/study/sweep/content_hash.h"

namespace cleave {

class ScenarioFamily {
 public:
  /// Reads the file. `set` holds for every variant; the catalogue is borrowed.
  /// Errors: ConfigError when the file cannot be read.
  ScenarioFamily(const std::filesystem::path& scenario, Settings set, const Catalogue& catalogue,
                 std::filesystem::path data_dir);

  /// One variant with a seed. Errors: ConfigError with every mistake at its place in the study's file.
  [[nodiscard]] LoadedScenario variant(const Settings& settings, std::uint64_t seed) const;

 private:
  std::filesystem::path path_;
  Settings set_;
  LoadOptions options_;
  IncludedTree read_;
};

/// What identifies a point: 16 hex digits of the hash of the whole resolved scenario, but for its seed and its names,
/// of every entry of the catalogue that it names, and of the content of every file that it reads. Errors:
/// std::system_error when such a file cannot be read.
[[nodiscard]] std::string point_hash(const LoadedScenario& loaded, const Catalogue& catalogue, ContentHashes& inputs);

/// 16 hex digits of a text.
[[nodiscard]] std::string text_hash(std::string_view text);

/// The settings as a JSON object by path.
[[nodiscard]] nlohmann::ordered_json json_of_settings(const Settings& settings);

}  // namespace cleave
