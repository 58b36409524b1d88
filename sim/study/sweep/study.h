#pragma once
// What a study file says: one scenario, what varies, how often each point is repeated. Defaults are written here, once.

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "sim/scenario/tree.h"

namespace cleave {

/// A value by the key path that it is set at ("pools.decode.replicas"). Positions are those of the file.
using SettingMap = std::map<std::string, Tree>;
using ValueLists = std::map<std::string, std::vector<Tree>>;

struct GridAxis {  // every combination
  ValueLists over;
};
struct ZipAxis {  // the first values together, then the second ones, ...
  ValueLists over;
};
struct ListAxis {  // as they are written
  std::vector<SettingMap> points;
};

enum class DrawScale { linear, log };

/// What is drawn from: an interval (numbers, or quantities of one unit), or choices.
struct DrawRange {
  Tree from;
  Tree to;
  DrawScale scale = DrawScale::linear;
  bool whole = false;  // whole numbers, both ends included
  std::vector<Tree> choices;
};
struct RandomAxis {  // independent draws
  std::uint32_t points = 1;
  std::uint64_t seed = 1;
  std::map<std::string, DrawRange> over;
};
struct LatinHypercubeAxis {  // one draw in each of `points` equal slices of every range, slices matched at random
  std::uint32_t points = 1;
  std::uint64_t seed = 1;
  std::map<std::string, DrawRange> over;
};
using AxisParams = std::variant<GridAxis, ZipAxis, ListAxis, RandomAxis, LatinHypercubeAxis>;

struct StudyParams {
  std::string name;
  std::string description;
  std::string scenario;
  SettingMap set;                  // for every point, before the axes
  std::vector<AxisParams> axes;    // crossed with each other
  std::vector<std::string> where;  // points that fail one of these are left out
  std::uint32_t replicates = 1;
  std::uint64_t first_seed = 1;                // replicate i of every point has seed first_seed + i
  std::vector<std::string> columns;            // of the export: names in summary.json; none: the usual ones
  std::map<std::string, std::string> derived;  // further columns, as expressions over summary.json
};

}  // namespace cleave
