#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "models/units/error.h"
#include "sim/scenario/yaml_parser.h"
#include "sim/study/plan/describe_plan.h"
#include "sim/study/plan/limit.h"

namespace cleave {
namespace {

/// Why an objective cannot be asked for.
std::optional<std::string> problem_of(const PlanSlo& slo) {
  if (!slo.at_most && !slo.at_least) return "has neither `at_most` nor `at_least`";
  for (const auto& limit : {slo.at_most, slo.at_least}) {
    if (limit && !limit_value(*limit)) return fmt::format("is {}, expected a number or a quantity", shown(*limit));
  }
  const double most = slo.at_most ? limit_value(*slo.at_most).value_or(0) : INFINITY;
  const double least = slo.at_least ? limit_value(*slo.at_least).value_or(0) : -INFINITY;
  if (least > most) return "contradicts itself: at_least is above at_most";
  if (slo.metric == "slo_attainment" && least > 1) return "can never hold: an attainment is at most 1";
  return std::nullopt;
}

/// Two objectives on one metric that exclude each other.
std::optional<std::string> contradiction(const PlanSlo& a, const PlanSlo& b) {
  if (a.metric != b.metric || !a.at_most || !b.at_least || *limit_value(*b.at_least) <= *limit_value(*a.at_most)) {
    return std::nullopt;
  }
  return fmt::format("slo: {} must be at most {} and at least {}: both were left out", a.metric, shown(*a.at_most),
                     shown(*b.at_least));
}

void sift_slo(LoadedPlan& plan) {
  std::vector<PlanSlo>& slo = plan.params.slo;
  std::erase_if(slo, [&](const PlanSlo& one) {
    const auto problem = problem_of(one);
    if (problem) plan.problems.push_back(fmt::format("slo: {} {}; it is left out", one.metric, *problem));
    return problem.has_value();
  });
  std::vector<bool> bad(slo.size());
  for (std::size_t a = 0; a < slo.size(); ++a) {
    for (std::size_t b = 0; b < slo.size(); ++b) {
      const auto problem = contradiction(slo[a], slo[b]);
      if (!problem) continue;
      plan.problems.push_back(*problem);
      bad[a] = bad[b] = true;
    }
  }
  std::size_t i = 0;
  std::erase_if(slo, [&](const PlanSlo&) { return bad[i++]; });
}

void sift_layouts(LoadedPlan& plan) {
  std::erase_if(plan.params.layouts, [&](const PlanLayout& layout) {
    std::string problem = layout.pools.empty() ? "has no pools" : "";
    for (const PlanPool& pool : layout.pools) {
      if (pool.hardware.empty()) problem = fmt::format("pool {} has no hardware to choose from", pool.name);
      if (pool.tp.empty() || pool.pp.empty() || pool.cp.empty())
        problem = fmt::format("pool {} has no parallelism to choose from", pool.name);
      if (pool.replicas.from > pool.replicas.to) {
        problem = fmt::format("pool {} wants from {} to {} replicas", pool.name, pool.replicas.from, pool.replicas.to);
      }
    }
    for (const auto& [path, values] : layout.choose) {
      if (values.empty()) problem = fmt::format("choose: {} has no values to choose from", path);
    }
    if (!problem.empty()) plan.problems.push_back(fmt::format("layout {}: {}; it is left out", layout.name, problem));
    return !problem.empty();
  });
}

}  // namespace

LoadedPlan load_plan(const std::filesystem::path& path) {
  Diagnostics diagnostics;
  const auto tree = parse_yaml_file(path, diagnostics);
  if (!tree) diagnostics.throw_if_any();
  LoadedPlan plan;
  read_document(*tree, plan.params, diagnostics);
  diagnostics.throw_if_any();
  sift_slo(plan);
  sift_layouts(plan);
  PlanParams& params = plan.params;
  if (params.layouts.empty() || params.slo.empty()) {
    std::string text =
        fmt::format("{}: {} is left to plan with", path.string(), params.slo.empty() ? "no objective" : "no layout");
    for (const std::string& problem : plan.problems) text += "\n" + problem;
    throw ConfigError(text);
  }
  if (params.objective == PlanObjective::highest_goodput && !params.rate) {
    throw ConfigError(fmt::format("{}: objective highest_goodput needs `rate`", path.string()));
  }
  if (params.objective == PlanObjective::cheapest && params.rate) {
    throw ConfigError(fmt::format("{}: `rate` is for objective highest_goodput", path.string()));
  }
  if (params.rate && params.rate->from > params.rate->to) {
    throw ConfigError(fmt::format("{}: rate: `from` is above `to`", path.string()));
  }
  if (params.name.empty()) params.name = path.stem().string();
  params.most_replicates = std::max(params.most_replicates, params.replicates);
  if (std::filesystem::path(params.scenario).is_relative()) {
    params.scenario = (path.parent_path() / params.scenario).lexically_normal().string();
  }
  return plan;
}

}  // namespace cleave
