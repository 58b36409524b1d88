#pragma once
// Runs told by groups: how large errors are, and which rows are outside.

#include <string>
#include <vector>

#include "sim/validation/run_report.h"

namespace cleave {

/// Rows beyond this are told with a reason.
inline constexpr double kOutside = 0.15;

/// Whether some quantity of the run is outside.
[[nodiscard]] bool is_outside(const RunReport& run);

/// Errors of one quantity over the runs of one group.
struct GroupError {
  std::string group;
  std::string name;
  std::size_t rows = 0;
  double median = 0;  // signed
  double median_absolute = 0;
  double p90_absolute = 0;
  std::size_t outside = 0;
};

/// Shape: by group, then by the order in which quantities appear.
[[nodiscard]] std::vector<GroupError> errors_by_group(const std::vector<RunReport>& runs);

/// Reasons of a group's runs that are outside, and how many each explains.
struct GroupReason {
  std::string group;
  std::string reason;
  std::size_t rows = 0;
};
[[nodiscard]] std::vector<GroupReason> reasons_by_group(const std::vector<RunReport>& runs);

/// The value of a fact; empty where there is none.
[[nodiscard]] std::string fact_of(const RunReport& run, const std::string& key);

}  // namespace cleave
