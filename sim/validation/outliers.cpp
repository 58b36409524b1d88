#include "sim/validation/outliers.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "sim/validation/statistics.h"

namespace cleave {

std::string fact_of(const RunReport& run, const std::string& key) {
  for (const auto& [name, value] : run.facts) {
    if (name == key) return value;
  }
  return "";
}

bool is_outside(const RunReport& run) {
  return run.status == ReportStatus::compared &&
         std::any_of(run.comparisons.begin(), run.comparisons.end(),
                     [](const Comparison& c) { return std::abs(c.error()) > kOutside; });
}

std::vector<GroupReason> reasons_by_group(const std::vector<RunReport>& runs) {
  std::map<std::pair<std::string, std::string>, std::size_t> counts;
  for (const RunReport& run : runs) {
    if (!is_outside(run)) continue;
    for (const std::string& reason : run.reasons) ++counts[{fact_of(run, "group"), reason}];
  }
  std::vector<GroupReason> reasons;
  for (const auto& [key, rows] : counts) reasons.push_back({key.first, key.second, rows});
  return reasons;
}

std::vector<GroupError> errors_by_group(const std::vector<RunReport>& runs) {
  std::map<std::string, std::vector<std::pair<std::string, std::vector<double>>>> groups;
  for (const RunReport& run : runs) {
    if (run.status != ReportStatus::compared) continue;
    auto& quantities = groups[fact_of(run, "group")];
    for (const Comparison& c : run.comparisons) {
      auto at = std::find_if(quantities.begin(), quantities.end(), [&](const auto& q) { return q.first == c.name; });
      if (at == quantities.end()) at = quantities.insert(quantities.end(), {c.name, {}});
      at->second.push_back(c.error());
    }
  }
  std::vector<GroupError> errors;
  for (const auto& [group, quantities] : groups) {
    for (const auto& [name, values] : quantities) {
      std::vector<double> absolute;
      for (const double value : values) absolute.push_back(std::abs(value));
      const auto outside = std::count_if(absolute.begin(), absolute.end(), [](double e) { return e > kOutside; });
      errors.push_back({group, name, values.size(), median_of(values), median_of(absolute),
                        quantile_of(absolute, 900).value_or(0), static_cast<std::size_t>(outside)});
    }
  }
  return errors;
}

}  // namespace cleave
