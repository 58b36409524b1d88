#pragma once
// Large arrays that are read at random, on huge pages where the system offers them: fewer address translations, and
// fewer first touches, each of which costs a trip into the system.

#include <sys/mman.h>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdlib>
#include <mutex>
#include <new>
#include <vector>

namespace cleave {

/// Pieces of huge pages, of 2^n bytes: arrays that are smaller than a page share one. What is given back is handed out
/// again, and stays with the process.
class HugePages {
 public:
  static constexpr std::size_t kPage = std::size_t{2} << 20;
  static constexpr std::size_t kLeast = std::size_t{1} << 15;  // smaller arrays are the C++ library's

  HugePages() = default;
  HugePages(const HugePages&) = delete;
  HugePages& operator=(const HugePages&) = delete;
  ~HugePages() {
    for (void* page : shared_pages_) std::free(page);
  }

  static HugePages& shared() {
    static auto* pages = new HugePages;  // never destroyed: arrays may outlive any order of destruction
    return *pages;
  }

  /// `bytes`: more than none. Errors: std::bad_alloc.
  [[nodiscard]] void* take(std::size_t bytes) {
    if (bytes > kPage / 2) return whole(bytes);
    const std::lock_guard lock{mutex_};
    const std::size_t wanted = size_class(bytes);
    std::size_t found = wanted;
    while (found < kClasses && free_[found].empty()) ++found;
    if (found == kClasses) {
      shared_pages_.push_back(whole(kPage));
      free_[--found].push_back(shared_pages_.back());
    }
    auto* piece = static_cast<std::byte*>(free_[found].back());
    free_[found].pop_back();
    // The upper halves of what is too large stay free.
    while (found > wanted) {
      --found;
      free_[found].push_back(piece + (kLeast << found));
    }
    return piece;
  }
  void give_back(void* memory, std::size_t bytes) {
    if (bytes > kPage / 2) return std::free(memory);
    const std::lock_guard lock{mutex_};
    free_[size_class(bytes)].push_back(memory);
  }

 private:
  static constexpr std::size_t kClasses = std::countr_zero(kPage / kLeast) + 1;

  [[nodiscard]] static std::size_t size_class(std::size_t bytes) {
    return static_cast<std::size_t>(std::bit_width((bytes - 1) / kLeast));
  }
  [[nodiscard]] static void* whole(std::size_t bytes) {
    const std::size_t rounded = (bytes + kPage - 1) / kPage * kPage;
    void* memory = std::aligned_alloc(kPage, rounded);
    if (memory == nullptr) throw std::bad_alloc{};
    madvise(memory, rounded, MADV_HUGEPAGE);  // a wish: without huge pages all is the same, but slower
    return memory;
  }

  std::mutex mutex_;
  std::vector<void*> shared_pages_;
  std::array<std::vector<void*>, kClasses> free_;  // by size, from kLeast bytes on
};

/// A standard allocator. Arrays take at most twice what they need.
template <class T>
struct HugeAllocator {
  static_assert(alignof(T) <= HugePages::kLeast, "pieces are aligned to the smallest");
  using value_type = T;
  HugeAllocator() = default;
  template <class U>
  HugeAllocator(const HugeAllocator<U>&) {}  // NOLINT(google-explicit-constructor): required of allocators

  [[nodiscard]] T* allocate(std::size_t count) {
    const std::size_t bytes = count * sizeof(T);
    return static_cast<T*>(is_large(bytes) ? HugePages::shared().take(bytes) : ::operator new(bytes, kAlignment));
  }
  void deallocate(T* memory, std::size_t count) {
    const std::size_t bytes = count * sizeof(T);
    if (is_large(bytes)) return HugePages::shared().give_back(memory, bytes);
    ::operator delete(memory, kAlignment);
  }
  bool operator==(const HugeAllocator&) const = default;

 private:
  static constexpr std::align_val_t kAlignment{alignof(T)};

  [[nodiscard]] static constexpr bool is_large(std::size_t bytes) {
#ifdef __SANITIZE_ADDRESS__  // whose own allocator must see every array
    return bytes > HugePages::kPage / 2;
#else
    return bytes >= HugePages::kLeast;
#endif
  }
};

/// Makes an array ready for `needed` values of at most `most`. Once an eighth of them is there all are expected: what
/// doubles up to them leaves as much memory behind.
template <class T>
void grow_towards(std::vector<T, HugeAllocator<T>>& values, std::size_t needed, std::size_t most) {
  constexpr std::size_t kEighth = 8;
  constexpr std::size_t kMost = std::size_t{1} << 16;  // larger memories may never be filled
  if (needed > values.capacity() && most <= kMost && kEighth * needed >= most) values.reserve(most);
}

}  // namespace cleave
