#include "models/units/check.h"

#include <cstdio>
#include <cstdlib>

namespace cleave {

CheckContext& check_context() {
  static CheckContext context;
  return context;
}

void check_failed(const char* condition, std::string_view message, const char* file, int line) {
  std::fprintf(stderr, "cleave: bug at simulated time %.9f s: %.*s\n  check failed: %s (%s:%d)\n",
               static_cast<double>(check_context().now_ns) * 1e-9, static_cast<int>(message.size()), message.data(),
               condition, file, line);
  std::abort();
}

}  // namespace cleave
