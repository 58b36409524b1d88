#include "sim/cluster/load_choice.h"

#include <algorithm>

namespace cleave {

std::size_t meeting_block(const Meeting& meeting, const ComputeTime& compute, const BringTime& bring) {
  // Computing more takes longer, and loading less is done sooner: there is one crossing.
  std::size_t fits = meeting.front;
  std::size_t exceeds = std::min(meeting.until, meeting.front + meeting.step_blocks) + 1;
  while (exceeds - fits > 1) {
    const std::size_t middle = fits + (exceeds - fits) / 2;
    (compute(meeting.front, middle) <= bring(middle) ? fits : exceeds) = middle;
  }
  return fits;
}

Duration time_to_meet(const Meeting& meeting, const ComputeTime& compute, const BringTime& bring) {
  Duration spent{};
  Meeting left = meeting;
  while (left.front < left.until) {
    const std::size_t next = meeting_block(left, compute, [&](std::size_t block) { return bring(block) - spent; });
    if (next == left.front) break;
    spent += compute(left.front, next);
    left.front = next;
  }
  return std::max(spent, left.front < left.until ? bring(left.front) : Duration{0});
}

}  // namespace cleave
