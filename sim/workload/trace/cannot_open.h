#pragma once

#include <string>

namespace cleave {

/// Why `file` could not be opened (an errno) and, for a well-known trace, where it is published:
/// "cannot be opened: No such file or directory (public source: ...; sha256 ...)".
[[nodiscard]] std::string cannot_open(const std::string& file, int reason);

}  // namespace cleave
