#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "models/units/check.h"
#include "sim/study/check/check.h"
#include "sim/study/expression/json_names.h"

namespace cleave {
namespace {

using Json = nlohmann::ordered_json;

/// One side of one scenario, parsed once.
struct Parsed {
  std::vector<std::pair<std::uint64_t, Json>> summaries;
  std::size_t failed = 0;
  std::size_t growing = 0;
  std::string first_error;
};

Parsed parsed(const SideRuns& runs) {
  Parsed out;
  for (const SideRun& run : runs) {
    if (run.summary.empty()) {
      if (out.failed++ == 0) out.first_error = run.error;
      continue;
    }
    out.summaries.emplace_back(run.seed, Json::parse(run.summary));
    const Json* steadiness = find_in_json(out.summaries.back().second, "steady_state.steadiness");
    if (steadiness != nullptr && *steadiness == "growing") ++out.growing;
  }
  return out;
}

/// The metric by seed. Errors: a reason instead.
struct Values {
  SeedValues by_seed;
  std::string reason;
};

Values values_of(const Parsed& side, const std::string& name, const char* which) {
  Values out;
  if (side.failed > 0) out.reason = fmt::format("{} runs of the {} failed: {}", side.failed, which, side.first_error);
  if (side.failed == 0 && side.summaries.empty()) out.reason = fmt::format("the {} has no runs", which);
  for (const auto& [seed, summary] : side.summaries) {
    const Json* node = find_in_json(summary, name);
    if (node != nullptr && node->is_number()) {
      out.by_seed[seed] = node->get<double>();
    } else if (out.reason.empty()) {
      out.reason = node == nullptr ? fmt::format("the {} has no such value{}", which, suggestion_in_json(summary, name))
                                   : fmt::format("undefined in seed {} of the {}", seed, which);
    }
  }
  return out;
}

MetricComparison compare_metric(const MetricParams& params, const Parsed& base, const Parsed& head, double error) {
  const GatedMetric metric = gated(params);
  const Values b = values_of(base, metric.name, "base");
  const Values h = values_of(head, metric.name, "head");
  if (b.reason.empty() && h.reason.empty()) return measure(metric, two_means(b.by_seed, h.by_seed), error);
  MetricComparison out;
  out.metric = metric;
  out.reason = b.reason.empty() ? h.reason : b.reason;
  return out;
}

void add_notes(ScenarioComparison& out, const Parsed& side, const char* which) {
  if (side.growing > 0) {
    out.notes.push_back(fmt::format("the {} is overloaded in {} of {} runs: its means grow with the length of the run",
                                    which, side.growing, side.summaries.size()));
  }
}

}  // namespace

CheckResult compare_sides(const CheckParams& check, const std::vector<SideRuns>& base,
                          const std::vector<SideRuns>& head) {
  SIM_CHECK(base.size() == check.scenarios.size() && head.size() == base.size(), "a side lacks a scenario");
  CheckResult result{check.name, check.base.name, check.head.name, check.error, check.replicates, {}, {}};
  std::vector<MetricComparison> all;  // one family
  for (std::size_t s = 0; s < base.size(); ++s) {
    const Parsed b = parsed(base[s]);
    const Parsed h = parsed(head[s]);
    ScenarioComparison& out = result.scenarios.emplace_back();
    out.scenario = check.scenarios[s];
    for (const MetricParams& metric : check.metrics) all.push_back(compare_metric(metric, b, h, check.error));
    add_notes(out, b, "base");
    add_notes(out, h, "head");
  }
  judge(all, check.error);
  result.verdict = overall(all);
  auto next = all.begin();
  for (ScenarioComparison& scenario : result.scenarios) {
    const auto end = next + static_cast<std::ptrdiff_t>(check.metrics.size());
    scenario.metrics.assign(next, end);
    next = end;
  }
  return result;
}

}  // namespace cleave
