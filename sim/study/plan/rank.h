#pragma once
// The ranking of a plan: the best, what else holds, and why each of the others loses.

#include <deque>
#include <string>
#include <vector>

#include "sim/study/plan/offer.h"
#include "sim/study/plan/planner.h"

namespace cleave {

/// Shape: `offers` by option. Everything that was simulated, and one line for each option that was not. Order: the
/// best; what holds, by cost; what was not simulated, by its least cost; what fails, by cost.
[[nodiscard]] std::vector<PlanRank> rank_candidates(const PlanParams& plan, const PlanAnswer& answer,
                                                    const std::deque<Offer>& offers);

}  // namespace cleave
