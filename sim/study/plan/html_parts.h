#pragma once
// Parts of a plan's page.

#include <optional>
#include <string>
#include <vector>

#include "sim/study/plan/planner.h"

namespace cleave {

/// One answer: what to buy, what it costs, what holds, and why the others lose.
[[nodiscard]] std::string answer_html(const PlanReport& report, const PlanAnswer& answer);

/// Pareto fronts of an answer's clusters; empty where nothing ran.
[[nodiscard]] std::string fronts_html(const PlanAnswer& answer);

/// The cheapest of a layout that holds: its place in `evaluated`, if there is one.
struct LayoutBest {
  std::string layout;
  std::optional<std::size_t> candidate;
};
/// Shape: one entry a layout, in the plan's order.
[[nodiscard]] std::vector<LayoutBest> best_of_layouts(const PlanAnswer& answer);

/// "0.9931", the mean of the first objective, a share in percent; a dash where nothing ran.
[[nodiscard]] std::string first_objective(const PlanCandidate& candidate);

/// Its name; empty where no objective was left.
[[nodiscard]] std::string first_metric(const PlanParams& plan);

/// "chat, prices specialty-2026-05 (2026-05)".
[[nodiscard]] std::string title_of(const PlanAnswer& answer);

/// The same in two lines, as HTML: "chat", and in small type the prices.
[[nodiscard]] std::string title_lines(const PlanAnswer& answer);

}  // namespace cleave
