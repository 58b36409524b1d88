#include "sim/study/sweep/nursery.h"

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <utility>

#ifdef __SANITIZE_ADDRESS__  // whose own allocator must see every allocation

namespace cleave {
void move_into_nursery() {}
}  // namespace cleave

#else

namespace {

constexpr std::size_t kHugePage = std::size_t{2} << 20;
constexpr std::size_t kSize = 4 * kHugePage;
constexpr std::size_t kLargest = std::size_t{1} << 20;  // larger ones are left to the C library
constexpr std::size_t kAlignment = alignof(std::max_align_t);

// Null until a child moves in.
std::uintptr_t nursery_begin = 0;
std::uintptr_t nursery_next = 0;
std::uintptr_t nursery_end = 0;

bool in_nursery(const void* pointer) {
  return reinterpret_cast<std::uintptr_t>(pointer) - nursery_begin < nursery_end - nursery_begin;
}

}  // namespace

void* operator new(std::size_t size) {
  if (size == 0) size = 1;
  const std::size_t rounded = (size + kAlignment - 1) & ~(kAlignment - 1);
  if (nursery_end - nursery_next > rounded && size <= kLargest) {
    return reinterpret_cast<void*>(std::exchange(nursery_next, nursery_next + rounded));
  }
  for (;;) {
    if (void* pointer = std::malloc(size)) return pointer;
    const std::new_handler handler = std::get_new_handler();
    if (handler == nullptr) throw std::bad_alloc();
    handler();
  }
}

void operator delete(void* pointer) noexcept {
  if (!in_nursery(pointer)) std::free(pointer);
}
void operator delete(void* pointer, std::size_t) noexcept {
  if (!in_nursery(pointer)) std::free(pointer);
}

namespace cleave {

void move_into_nursery() {
  // With room to begin at a huge page.
  void* region = ::mmap(nullptr, kSize + kHugePage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (region == MAP_FAILED) return;
  nursery_begin = (reinterpret_cast<std::uintptr_t>(region) + kHugePage - 1) & ~(kHugePage - 1);
  ::madvise(reinterpret_cast<void*>(nursery_begin), kSize, MADV_HUGEPAGE);
  nursery_next = nursery_begin;
  nursery_end = nursery_begin + kSize;
}

}  // namespace cleave

#endif
