#pragma once
// Points of a plan that no other beats in both respects.

#include <string>
#include <vector>

#include "sim/study/plan/planner.h"

namespace cleave {

/// A simulated cluster by what buyers trade against each other. Means over its seeds.
struct PlanPoint {
  std::size_t candidate = 0;          // of PlanAnswer::evaluated
  double tokens_per_user = 0;         // output tokens a second that one user sees: 1 / mean TPOT
  double tokens_per_accelerator = 0;  // output tokens a second
  double cost_per_hour = 0;
  double goodput = 0;           // requests a second that meet their SLO
  bool on_speed_front = false;  // of tokens a user against tokens an accelerator
  bool on_cost_front = false;   // of cost against goodput
};

/// Of every candidate that ran and was not overloaded.
[[nodiscard]] std::vector<PlanPoint> points_of(const PlanAnswer& answer);

}  // namespace cleave
