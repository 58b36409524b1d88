#pragma once
// Public traces that the repository does not hold: where to get them, and how to tell that it is the right file.

#include <span>
#include <string_view>

namespace cleave {

struct KnownTrace {
  std::string_view file;    // name, without .gz
  std::string_view source;  // where it is published, at which commit
  std::string_view sha256;  // of the uncompressed file; of the archive itself for a .tar.xz
  std::string_view licence;
};

[[nodiscard]] std::span<const KnownTrace> known_traces();

/// The trace with this file name, with or without ".gz". Result: nullptr for a trace that is not known.
[[nodiscard]] const KnownTrace* find_known_trace(std::string_view file_name);

}  // namespace cleave
