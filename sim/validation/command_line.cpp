#include "sim/validation/command_line.h"

#include <sstream>
#include <vector>

#include "sim/workload/trace/csv_line.h"

namespace cleave {

CommandLine::CommandLine(std::string_view text) {
  std::istringstream words{std::string(text)};
  std::string flag;
  for (std::string word; words >> word;) {
    if (word.starts_with("--")) {
      const std::size_t equals = word.find('=');
      flag = word.substr(2, equals == std::string::npos ? equals : equals - 2);
      flags_[flag] = equals == std::string::npos ? "" : word.substr(equals + 1);
      if (equals != std::string::npos) flag.clear();
    } else if (!flag.empty()) {
      flags_[flag] = word;
      flag.clear();
    }
  }
}

std::optional<std::string> CommandLine::text(std::string_view flag) const {
  const auto at = flags_.find(flag);
  if (at == flags_.end()) return std::nullopt;
  return at->second;
}

std::optional<double> CommandLine::number(std::string_view flag) const {
  const auto value = text(flag);
  return value ? to_number(*value) : std::nullopt;
}

}  // namespace cleave
