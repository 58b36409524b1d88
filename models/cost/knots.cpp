#include "models/cost/knots.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace cleave {
namespace token_knots {
namespace {

// Runs of equal spacing: from knot `first` with `tokens` tokens, `spacing` apart.
struct Run {
  std::size_t first;
  double tokens;
  double spacing;
};
constexpr Run kRuns[] = {{0, 1, 1},     {1, 2, 2},       {2, 4, 4},         {3, 8, 8},
                         {34, 256, 16}, {274, 4096, 64}, {722, 32768, 1024}};

const Run& run_of_knot(std::size_t knot) {
  const Run* found = kRuns;
  for (const Run& run : kRuns) {
    if (run.first <= knot) found = &run;
  }
  return *found;
}

const Run& run_of_tokens(double tokens) {
  const Run* found = kRuns;
  for (const Run& run : kRuns) {
    if (run.tokens <= tokens) found = &run;
  }
  return *found;
}

}  // namespace

double at(std::size_t knot) {
  const Run& run = run_of_knot(knot);
  return run.tokens + run.spacing * static_cast<double>(knot - run.first);
}

KnotPosition find(double tokens, bool padded) {
  const double asked = std::max(tokens, 1.0);
  const Run& run = run_of_tokens(asked);
  const double steps = (asked - run.tokens) / run.spacing;
  const double whole = std::floor(steps);
  const KnotPosition found{run.first + static_cast<std::size_t>(whole), steps - whole};
  if (!padded || asked > kCaptured || found.weight <= 0) return found;
  return {found.below + 1, 0};
}

}  // namespace token_knots

namespace context_knots {
namespace {

constexpr double kFirst = 16;
constexpr std::size_t kPerDoubling = 4;
constexpr std::size_t kDoublings = 40;

double computed(std::size_t knot) {
  return knot == 0 ? 1 : kFirst * std::exp2(static_cast<double>(knot - 1) / static_cast<double>(kPerDoubling));
}

using Table = std::array<double, 1 + kPerDoubling * kDoublings>;

const Table& table() {
  static const Table contexts = [] {
    Table out{};
    for (std::size_t knot = 0; knot < out.size(); ++knot) out[knot] = computed(knot);
    return out;
  }();
  return contexts;
}

}  // namespace

double at(std::size_t knot) {
  const Table& contexts = table();
  return knot < contexts.size() ? contexts[knot] : computed(knot);
}

void Walk::move(double context) {
  below_ = 0;
  if (context >= kFirst) {
    // The first knot of the doubling, which is exact; then at most three more.
    below_ = 1 + kPerDoubling * static_cast<std::size_t>(std::ilogb(context / kFirst));
    while (at(below_ + 1) <= context) ++below_;
  }
  low_ = at(below_);
  high_ = at(below_ + 1);
}

KnotPosition find(double context) {
  return Walk{}.to(context);
}

}  // namespace context_knots
}  // namespace cleave
