#pragma once
// Names of given text: no two classes, and no two texts of one class, share one.

#include <cstdint>

#include "models/units/keys.h"
#include "models/units/units.h"

namespace cleave {

/// The name space of one class. Layout of a name, from the top: class (10 bits), kind (2 bits), index (50 bits).
/// Shape: at most 1024 classes, and 2^50 texts of each kind.
class SegmentNames {
 public:
  explicit SegmentNames(ClassId cls) : base_(std::uint64_t{cls.value()} << 52) {}

  /// Text that many requests share: system prompts.
  [[nodiscard]] SegmentId shared(std::uint64_t index) const { return name(0, index); }
  /// Text that a trace names by the ids of its blocks.
  [[nodiscard]] SegmentId recorded(std::uint64_t index) const { return name(1, index); }
  /// Text that nobody has seen before.
  [[nodiscard]] SegmentId fresh() { return name(2, next_fresh_++); }

  [[nodiscard]] static bool is_recorded(SegmentId segment) {
    return !segment.is_output() && ((segment.value() >> 50) & 3) == 1;
  }
  [[nodiscard]] static bool is_fresh(SegmentId segment) {
    return !segment.is_output() && ((segment.value() >> 50) & 3) == 2;
  }

 private:
  [[nodiscard]] SegmentId name(std::uint64_t kind, std::uint64_t index) const {
    return SegmentId::given(base_ | (kind << 50) | index);
  }
  std::uint64_t base_;
  std::uint64_t next_fresh_ = 0;
};

inline constexpr std::size_t kMaxClasses = 1024;

}  // namespace cleave
