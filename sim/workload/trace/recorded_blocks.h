#pragma once
// The blocks by which a trace itself names its prompts.

#include <algorithm>
#include <cstdint>
#include <vector>

#include "sim/workload/request.h"
#include "sim/workload/segment_names.h"

namespace cleave {

/// Calls `use(name, tokens)` for each block of `prompt` that the trace names, in order; the last may be partial.
/// Names are equal for equal blocks of one trace. `size`: of a whole block (TraceReader::block_size()).
template <class Use>
void for_each_recorded_block(const std::vector<Span>& prompt, Tokens size, Use&& use) {
  const auto whole = static_cast<std::uint32_t>(size.value());
  for (const Span& span : prompt) {
    if (!SegmentNames::is_recorded(span.segment)) continue;
    for (std::uint32_t done = 0; done < span.length; done += whole) {
      const std::uint64_t block = (span.begin + std::uint64_t{done}) / whole;
      use(span.segment.value() * 0x9e3779b97f4a7c15ULL + block, std::min(whole, span.length - done));
    }
  }
}

}  // namespace cleave
