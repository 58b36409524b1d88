#pragma once
// The fields of sim/study/plan/plan.h.

#include "sim/scenario/yaml_reader.h"
#include "sim/study/plan/plan.h"
#include "sim/study/sweep/tree_field.h"

namespace cleave {

template <>
struct EnumNames<PlanObjective> {
  static constexpr std::array values{NamedValue{PlanObjective::cheapest, "cheapest"},
                                     NamedValue{PlanObjective::highest_goodput, "highest_goodput"}};
};

template <class V>
void describe(V& v, PlanSlo& slo) {
  v.field("metric", slo.metric, "a name in summary.json", required().not_empty());
  v.field("at_most", slo.at_most, "it may not be above this");
  v.field("at_least", slo.at_least, "it may not be below this");
}
template <class V>
void describe(V& v, PlanReplicas& replicas) {
  v.field("from", replicas.from, "fewest", at_least(1).at_most(100000));
  v.field("to", replicas.to, "most", at_least(1).at_most(100000));
}
template <class V>
void describe(V& v, PlanPool& pool) {
  v.field("name", pool.name, "of the pool", required().not_empty());
  v.field("role", pool.role, "what it computes", one_of({"mixed", "prefill", "decode"}));
  v.field("hardware", pool.hardware, "accelerators to choose from", required());
  v.field("tp", pool.tp, "tensor-parallel degrees to choose from", at_least(1).at_most(1024));
  v.field("pp", pool.pp, "pipeline stages to choose from", at_least(1).at_most(1024));
  v.field("cp", pool.cp, "context-parallel degrees to choose from", at_least(1).at_most(1024));
  v.field("replicas", pool.replicas, "how many");
  v.field("with", pool.with, "further fields of the pool, by key path within it");
}
template <class V>
void describe(V& v, PlanLayout& layout) {
  v.field("name", layout.name, "in the report", required().not_empty());
  v.field("pools", layout.pools, "pools that serve together", required());
  v.field("set", layout.set, "values by key path, with this layout");
  v.field("options", layout.options, "alternatives by name, each values by key path");
  v.field("choose", layout.choose, "values to choose from by key path: every combination, with every option");
}
template <class V>
void describe(V& v, PlanLimits& limits) {
  v.field("budget", limits.budget, "of everything: accelerators, storage, fees, and power where it is on top",
          above(0));
  v.field("accelerators", limits.accelerators, "most of them", at_least(1));
  v.field("power", limits.power, "rated power of all accelerators", above(0));
}
template <class V>
void describe(V& v, PlanRate& rate) {
  v.field("path", rate.path, "key path of the scenario's rate", required().not_empty());
  v.field("from", rate.from, "lowest rate to try", above(0));
  v.field("to", rate.to, "highest rate to try", above(0));
  v.field("precision", rate.precision, "of the answer, relative", between(0.001, 0.5));
}
template <class V>
void describe(V& v, PlanParams& plan) {
  v.field("name", plan.name, "of the plan; the file's name when left out");
  v.field("description", plan.description, "what is planned");
  v.field("scenario", plan.scenario, "the workload, the model and everything that is not chosen here",
          required().not_empty());
  v.field("set", plan.set, "values by key path, for every candidate");
  v.field("objective", plan.objective, "the cheapest cluster that holds, or the highest goodput within the limits");
  v.field("prices", plan.prices, "price lists of the catalogue; one plan for each", required().not_empty());
  v.field("mixes", plan.mixes, "variants of the traffic by name, each values by key path; one plan for each");
  v.field("slo", plan.slo, "what must hold");
  v.field("limits", plan.limits, "what may not be exceeded");
  v.field("each_layout", plan.each_layout, "find the cheapest of every layout, not only of all");
  v.field("layouts", plan.layouts, "what may be bought", required());
  v.field("rate", plan.rate, "for the highest goodput: the rate to raise");
  v.field("replicates", plan.replicates, "seeds of a decision", at_least(2).at_most(1000));
  v.field("most_replicates", plan.most_replicates, "seeds while a decision is open", at_least(2).at_most(1000));
  v.field("first_seed", plan.first_seed, "replicate i has seed first_seed + i");
  v.field("error", plan.error, "chance of a wrong decision at a limit", Rule{}.above(0).at_most(0.3));
}

}  // namespace cleave
