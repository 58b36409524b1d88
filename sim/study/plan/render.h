#pragma once
// A plan's report.

#include <string>

#include "sim/study/plan/planner.h"

namespace cleave {

[[nodiscard]] std::string plan_text(const PlanReport& report, bool colour);
[[nodiscard]] std::string plan_json(const PlanReport& report);
/// A page that opens from disk and loads nothing.
[[nodiscard]] std::string plan_html(const PlanReport& report);

/// One sentence: what to buy, what it costs, what holds, how sure.
[[nodiscard]] std::string plan_sentence(const PlanReport& report, const PlanAnswer& answer);

}  // namespace cleave
