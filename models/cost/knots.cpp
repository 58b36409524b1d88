#include "models/cost/knots.h"

#include <algorithm>
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
constexpr Run kRuns[] = {{0, 1, 1},     {1, 2, 2},      {2, 4, 4},       {3, 8, 8},
                         {34, 256, 16}, {50, 512, 128}, {78, 4096, 512}, {134, 32768, 4096}};

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
constexpr double kPerDoubling = 4;
}  // namespace

double at(std::size_t knot) {
  return knot == 0 ? 1 : kFirst * std::exp2(static_cast<double>(knot - 1) / kPerDoubling);
}

KnotPosition find(double context) {
  std::size_t below = 0;
  if (context >= kFirst) below = 1 + static_cast<std::size_t>(kPerDoubling * std::log2(context / kFirst));
  // The logarithm may round across a knot.
  if (at(below + 1) <= context) ++below;
  if (below > 0 && at(below) > context) --below;
  const double low = at(below);
  return {below, std::max(0.0, (context - low) / (at(below + 1) - low))};
}

}  // namespace context_knots
}  // namespace cleave
