#pragma once
// The fields of sim/study/sweep/study.h.

#include "sim/scenario/yaml_reader.h"
#include "sim/study/sweep/study.h"
#include "sim/study/sweep/tree_field.h"

namespace cleave {

template <>
struct EnumNames<DrawScale> {
  static constexpr std::array values{NamedValue{DrawScale::linear, "linear"}, NamedValue{DrawScale::log, "log"}};
};
template <>
struct Alternatives<AxisParams> {
  static constexpr std::array<std::string_view, 5> names{"grid", "zip", "list", "random", "latin_hypercube"};
};

template <class V>
void describe(V& v, GridAxis& axis) {
  v.field("over", axis.over, "values by key path; every combination is a point", required());
}
template <class V>
void describe(V& v, ZipAxis& axis) {
  v.field("over", axis.over, "values by key path, lists of one length; the nth values together are a point",
          required());
}
template <class V>
void describe(V& v, ListAxis& axis) {
  v.field("points", axis.points, "settings of each point", required());
}
template <class V>
void describe(V& v, DrawRange& range) {
  v.field("from", range.from, "lowest value: a number or a quantity");
  v.field("to", range.to, "highest value, in the same unit");
  v.field("scale", range.scale, "in which draws are uniform");
  v.field("whole", range.whole, "whole numbers only, both ends included");
  v.field("choices", range.choices, "values to choose from, instead of an interval");
}
template <class V>
void describe(V& v, RandomAxis& axis) {
  v.field("points", axis.points, "how many", at_least(1).at_most(1e6));
  v.field("seed", axis.seed, "of the draws");
  v.field("over", axis.over, "ranges by key path", required());
}
template <class V>
void describe(V& v, LatinHypercubeAxis& axis) {
  v.field("points", axis.points, "how many, and how many slices of each range", at_least(1).at_most(1e6));
  v.field("seed", axis.seed, "of the draws");
  v.field("over", axis.over, "ranges by key path", required());
}
template <class V>
void describe(V& v, StudyParams& study) {
  v.field("name", study.name, "of the study; the file's name when left out");
  v.field("description", study.description, "what it asks");
  v.field("scenario", study.scenario, "the scenario that is varied", required().not_empty().path());
  v.field("set", study.set, "values by key path, for every point");
  v.field("axes", study.axes, "what varies; axes are crossed with each other");
  v.field("where", study.where, "conditions over the resolved scenario; points that fail one are left out");
  v.field("replicates", study.replicates, "runs of each point, with the same seeds for every point",
          at_least(1).at_most(100000));
  v.field("first_seed", study.first_seed, "replicate i has seed first_seed + i");
  v.field("columns", study.columns, "names in summary.json to export");
  v.field("derived", study.derived, "further columns: expressions over summary.json by name");
}

}  // namespace cleave
