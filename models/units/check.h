#pragma once
// SIM_CHECK: a condition that only a bug can break. Always on. User input can never trigger it.

#include <cstdint>
#include <string_view>

namespace cleave {

/// Where the simulation stands, for the message of a failed check. Set by the kernel at every event.
struct CheckContext {
  std::int64_t now_ns = 0;
};
CheckContext& check_context();

[[noreturn]] void check_failed(const char* condition, std::string_view message, const char* file, int line);

}  // namespace cleave

#define SIM_CHECK(condition, message)                                    \
  do {                                                                   \
    if (!(condition)) [[unlikely]]                                       \
      ::cleave::check_failed(#condition, (message), __FILE__, __LINE__); \
  } while (false)
