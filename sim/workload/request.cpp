#include "sim/workload/request.h"

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

}  // namespace cleave
