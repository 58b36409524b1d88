#pragma once
// A recorded command line of a server: --flag value, --flag=value, --flag.

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace cleave {

class CommandLine {
 public:
  explicit CommandLine(std::string_view text);

  [[nodiscard]] bool has(std::string_view flag) const { return flags_.find(flag) != flags_.end(); }
  [[nodiscard]] std::optional<std::string> text(std::string_view flag) const;
  /// Result: nullopt for a flag that is absent or whose value is no number.
  [[nodiscard]] std::optional<double> number(std::string_view flag) const;

 private:
  std::map<std::string, std::string, std::less<>> flags_;
};

}  // namespace cleave
