#include "sim/workload/trace/cannot_open.h"

#include <fmt/format.h>

#include <cstring>
#include <filesystem>

#include "sim/workload/known_traces.h"

namespace cleave {

std::string cannot_open(const std::string& file, int reason) {
  std::string text = fmt::format("cannot be opened: {}", std::strerror(reason));
  if (const KnownTrace* known = find_known_trace(std::filesystem::path(file).filename().string())) {
    text += fmt::format(" (public source: {}; sha256 {})", known->source, known->sha256);
  }
  return text;
}

}  // namespace cleave
