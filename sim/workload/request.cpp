#include "sim/workload/request.h"

#include <algorithm>

namespace cleave {

void append_span(std::vector<Span>& prompt, Span span) {
  if (span.length == 0) return;
  if (!prompt.empty()) {
    Span& last = prompt.back();
    if (last.segment == span.segment && last.begin + last.length == span.begin) {
      last.length += span.length;
      return;
    }
  }
  prompt.push_back(span);
}

Tokens output_tokens_within(const std::vector<Span>& prompt, Tokens length) {
  std::int64_t left = length.value();
  std::int64_t produced = 0;
  for (const Span& span : prompt) {
    if (left <= 0) break;
    const std::int64_t taken = std::min<std::int64_t>(span.length, left);
    if (span.segment.is_output()) produced += taken;
    left -= taken;
  }
  return Tokens{produced};
}

}  // namespace cleave
