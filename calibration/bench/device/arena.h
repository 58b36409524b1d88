#pragma once
// Device memory taken once (plain cudaMalloc) and handed out anew for each point.

#include <cstddef>
#include <cstdint>

#include "calibration/bench/device/error.h"

namespace cleave::bench {

class Arena {
 public:
  explicit Arena(std::size_t bytes);
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  /// `count` elements, aligned to 256 bytes, that no other `take` since `reset` has. Errors: Unsupported if no room.
  template <typename T>
  [[nodiscard]] T* take(std::size_t count) {
    return static_cast<T*>(take_bytes(count * sizeof(T)));
  }
  /// The same, but begins anew at the start of the arena when its end is reached: for weights and KV of which there
  /// is more than memory. What is read between two uses of an address must exceed the L2 cache.
  template <typename T>
  [[nodiscard]] const T* take_wrapped(std::size_t count) {
    return static_cast<const T*>(wrapped_bytes(count * sizeof(T)));
  }

  void reset() { used_ = 0; }
  [[nodiscard]] std::size_t free_bytes() const { return size_ - used_; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] void* data() const { return data_; }

 private:
  [[nodiscard]] void* take_bytes(std::size_t bytes);
  [[nodiscard]] void* wrapped_bytes(std::size_t bytes);

  char* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t used_ = 0;
};

}  // namespace cleave::bench
