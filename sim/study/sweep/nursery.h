#pragma once
// Where a forked child puts what it allocates.

namespace cleave {

/// From now on `operator new` of this process takes memory from a fresh region of huge pages until that is used up,
/// then from the C library as before. A forked child that takes the C library's free memory, which its parent left all
/// over the heap, pays a page fault and a copy for nearly every page that it shares with the parent; a short simulation
/// costs less than those. What is freed in the region is not used again. Call once, in a child, without threads.
/// Errors: none; where the machine has no such region, nothing changes.
void move_into_nursery();

}  // namespace cleave
