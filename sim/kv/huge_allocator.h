#pragma once
// Large arrays that are read at random, on huge pages where the system offers them: fewer address translations.

#include <sys/mman.h>

#include <cstddef>
#include <cstdlib>
#include <new>

namespace cleave {

/// A standard allocator. Arrays below half a huge page are ordinary; larger ones have whole pages, so at most twice
/// what they need.
template <class T>
struct HugeAllocator {
  using value_type = T;
  HugeAllocator() = default;
  template <class U>
  HugeAllocator(const HugeAllocator<U>&) {}  // NOLINT(google-explicit-constructor): required of allocators

  [[nodiscard]] T* allocate(std::size_t count) {
    const std::size_t bytes = count * sizeof(T);
    if (bytes < kLeast) return static_cast<T*>(::operator new(bytes));
    const std::size_t whole = (bytes + kHugePage - 1) / kHugePage * kHugePage;
    void* memory = std::aligned_alloc(kHugePage, whole);
    if (memory == nullptr) throw std::bad_alloc{};
    madvise(memory, whole, MADV_HUGEPAGE);  // a wish: without huge pages all is the same, but slower
    return static_cast<T*>(memory);
  }
  void deallocate(T* memory, std::size_t count) {
    if (count * sizeof(T) < kLeast)
      ::operator delete(memory);
    else
      std::free(memory);
  }
  bool operator==(const HugeAllocator&) const = default;

 private:
  static constexpr std::size_t kHugePage = std::size_t{2} << 20;
  static constexpr std::size_t kLeast = kHugePage / 2;
};

}  // namespace cleave
