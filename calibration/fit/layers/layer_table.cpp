#include "calibration/fit/layers/layer_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

#include "models/units/error.h"

namespace cleave::fit {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 4> kStems{"dense", "per_sequence", "attention", "moe"};
constexpr std::string_view kFormat = "bf16";

std::string lower_case(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
  return name;
}

/// "tp2" is 2.
std::optional<std::uint32_t> ranks_in(std::string_view folder) {
  if (!folder.starts_with("tp")) return std::nullopt;
  std::uint32_t ranks = 0;
  const char* end = folder.data() + folder.size();
  const auto read = std::from_chars(folder.data() + 2, end, ranks);
  return read.ec == std::errc{} && read.ptr == end && ranks > 0 ? std::optional(ranks) : std::nullopt;
}

/// A whole name, or one that goes on with another word.
bool begins_with(std::string_view name, std::string_view entry) {
  return name.starts_with(entry) && (name.size() == entry.size() || name[entry.size()] == '-');
}

}  // namespace

std::optional<LayerTablePath> layer_table_path(const fs::path& file) {
  const std::string name = file.filename().string();
  const std::string stem = name.substr(0, name.find('.'));
  if (name != stem + ".csv" && name != stem + ".csv.gz") return std::nullopt;
  if (std::find(kStems.begin(), kStems.end(), stem) == kStems.end()) return std::nullopt;
  // From the file upwards: ranks, format, model, organisation, accelerator.
  std::vector<std::string> folders;
  for (fs::path at = fs::absolute(file).lexically_normal().parent_path(); at.has_relative_path() && folders.size() < 5;
       at = at.parent_path()) {
    folders.push_back(at.filename().string());
  }
  if (folders.size() < 5 || folders[1] != kFormat) return std::nullopt;
  const auto ranks = ranks_in(folders[0]);
  if (!ranks) return std::nullopt;
  return LayerTablePath{folders[4], folders[2], *ranks, stem};
}

TimedModel timed_model(const fs::path& file, const LayerTablePath& path, const ModelTable& models) {
  const std::string name = lower_case(path.model);
  const LlmSpec* found = nullptr;
  std::size_t longest = 0;
  for (const auto& [entry, spec] : models) {
    if (entry.size() <= longest || !begins_with(name, entry)) continue;
    found = spec;
    longest = entry.size();
  }
  if (found == nullptr) {
    throw ConfigError(
        fmt::format("{}: model \"{}\" is not in the catalogue (as `{}`)", file.string(), path.model, name));
  }
  TimedModel out{found, {}};
  out.layout.tp = path.ranks;
  return out;
}

}  // namespace cleave::fit
