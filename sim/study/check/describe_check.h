#pragma once
// The fields of sim/study/check/check.h.

#include "sim/scenario/yaml_reader.h"
#include "sim/study/check/check.h"
#include "sim/study/sweep/tree_field.h"

namespace cleave {

template <>
struct EnumNames<Better> {
  static constexpr std::array values{NamedValue{Better::lower, "lower"}, NamedValue{Better::higher, "higher"}};
};

template <class V>
void describe(V& v, SideParams& side) {
  v.field("name", side.name, "of this side in reports");
  v.field("set", side.set, "values by key path, set in every scenario");
  v.field("program", side.program, "a cleave program that runs this side, instead of this one");
  v.field("baseline", side.baseline, "results that were kept with --write-baseline, instead of runs");
}
template <class V>
void describe(V& v, MetricParams& metric) {
  v.field("metric", metric.metric, "a name in summary.json", required().not_empty());
  v.field("better", metric.better, "which way is better", required());
  v.field("margin", metric.margin, "how much worse is still no worse: \"2 %\" of the base's mean, or an amount");
}
template <class V>
void describe(V& v, CheckParams& check) {
  v.field("name", check.name, "of the check; the file's name when left out");
  v.field("description", check.description, "what it guards");
  v.field("scenarios", check.scenarios, "what is run on both sides", required().not_empty());
  v.field("head_scenarios", check.head_scenarios, "the head's counterparts, one each; none: the same");
  v.field("base", check.base, "what is there");
  v.field("head", check.head, "what shall replace it");
  v.field("replicates", check.replicates, "seeds on each side", at_least(2).at_most(10000));
  v.field("first_seed", check.first_seed, "replicate i has seed first_seed + i");
  v.field("error", check.error, "chance of a false verdict, over all metrics together", Rule{}.above(0).at_most(0.2));
  v.field("metrics", check.metrics, "what is gated; none: latencies, goodput, attainment and cost");
}

}  // namespace cleave
