#pragma once
// Memory that will be needed soon.

#include <cstddef>

namespace cleave {

/// Starts to fetch what lies at `address`. The empty statement is an effect: without one GCC takes callers that do
/// nothing else for functions that need not be called.
inline void prefetch_line(const void* address) {
  __builtin_prefetch(address);
  asm volatile("");
}

/// The same for `count` values that follow each other.
template <class T>
inline void prefetch_lines(const T* first, std::size_t count) {
  constexpr std::ptrdiff_t kLine = 64;
  const auto* const begin = reinterpret_cast<const char*>(first);
  const auto bytes = static_cast<std::ptrdiff_t>(count * sizeof(T));
  for (std::ptrdiff_t at = 0; at < bytes; at += kLine) prefetch_line(begin + at);
  if (bytes > 0) prefetch_line(begin + bytes - 1);  // in a line of its own if `first` is not at the start of one
}

}  // namespace cleave
