#pragma once

#include <string>
#include <string_view>

namespace cleave {

/// "<version>+<12 hex digits>": the digits are the linker's build id of the running program, or a hash of its file
/// where there is none. Two programs that could give different results differ in it.
[[nodiscard]] std::string program_identity(std::string_view version);

}  // namespace cleave
