#pragma once
// Where a cost model tabulates: numbers of tokens, and context lengths. Between two knots prices are interpolated.

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace cleave {

/// Between knot `below` and the next: (1 - weight) of the one, weight of the other.
struct KnotPosition {
  std::size_t below = 0;
  double weight = 0;
};

/// Numbers of tokens (or sequences) of a step. Up to kCaptured they are the sizes that vLLM captures graphs for: 1, 2,
/// 4, multiples of 8 up to 256 and of 16 up to 512. Source: its compilation config's default capture sizes. Up to
/// 4 096 they stay as close, as products jump where a tile of 64 to 256 rows begins, and prompts lie between the jumps;
/// then they are 64 apart, and from 32 768 on 1 024.
namespace token_knots {
inline constexpr double kCaptured = 512;
/// Tokens at a knot. Result: strictly increasing, without end.
[[nodiscard]] double at(std::size_t knot);
/// Result: weight 0 at a knot. `padded`: up to kCaptured the next knot at or above, as a captured graph computes it.
[[nodiscard]] KnotPosition find(double tokens, bool padded);
}  // namespace token_knots

/// Context lengths: 1, then from 16 on four in each doubling.
namespace context_knots {
[[nodiscard]] double at(std::size_t knot);
[[nodiscard]] KnotPosition find(double context);

/// Finds as `find` does, faster where contexts grow little by little.
class Walk {
 public:
  KnotPosition to(double context) {
    if (context < low_ || context >= high_) move(context);
    return {below_, std::max(0.0, (context - low_) / (high_ - low_))};
  }

 private:
  void move(double context);

  std::size_t below_ = 0;
  double low_ = 0;
  double high_ = 0;  // the knots around the last context
};
}  // namespace context_knots

}  // namespace cleave
