#pragma once
// The files of a data set: a folder, or a tar archive compressed with xz.

#include <functional>
#include <string>
#include <string_view>

namespace cleave {

/// Calls `use(name, content)` for each regular file below `path` whose name `wanted` accepts. Names are relative, with
/// "/" between folders; content is valid during the call. Order: the archive's, or by name in a folder.
/// Errors: ConfigError when `path` is neither, or the archive is truncated or corrupt.
void for_each_file(const std::string& path, const std::function<bool(std::string_view name)>& wanted,
                   const std::function<void(std::string_view name, std::string_view content)>& use);

}  // namespace cleave
