#pragma once
// The system prompt that requests of a class, or of a family of classes, share.

#include <cstdint>
#include <vector>

#include "models/units/units.h"
#include "sim/core/rng.h"
#include "sim/workload/param_check.h"
#include "sim/workload/request.h"
#include "sim/workload/segment_names.h"
#include "sim/workload/sources.h"

namespace cleave {

/// Begins prompts with one of `count` system prompts of `length` tokens, drawn uniformly for each session.
class PromptHead {
 public:
  PromptHead(Tokens length, std::uint32_t count, const SourceContext& context)
      : length_(length), count_(count), names_(context.prompts_of), rng_(context.book.stream(context.streams + "/system")) {
    require(length.value() >= 0 && length.value() < (1LL << 31), context.path, "system_prompt", length.value(),
            "zero or more tokens");
    require(count >= 1, context.path, "system_prompts", count, "at least one");
  }

  /// Appends the head of session number `session` to an empty prompt.
  void begin(std::vector<Span>& prompt, std::uint64_t session) const {
    if (length_.value() == 0) return;
    std::uint64_t choice = 0;
    if (count_ > 1) {
      Rng draw = rng_.below(session);
      choice = uniform_below(draw, count_);
    }
    append_span(prompt, {names_.shared(choice), 0, static_cast<std::uint32_t>(length_.value())});
  }

  [[nodiscard]] Tokens length() const { return length_; }

 private:
  Tokens length_;
  std::uint32_t count_;
  SegmentNames names_;
  Rng rng_;
};

}  // namespace cleave
