#pragma once
// Memory that will be needed soon.

namespace cleave {

/// Starts to fetch what lies at `address`. The empty statement is an effect: without one GCC takes callers that do
/// nothing else for functions that need not be called.
inline void prefetch_line(const void* address) {
  __builtin_prefetch(address);
  asm volatile("");
}

}  // namespace cleave
