#pragma once
// JSON as recorders write it.

#include <filesystem>
#include <nlohmann/json_fwd.hpp>

namespace cleave {

/// Reads one file. NaN and infinities, which Python writes and JSON does not know, become null.
/// Errors: ConfigError for a file that cannot be read or parsed.
[[nodiscard]] nlohmann::json read_json(const std::filesystem::path& file);

}  // namespace cleave
