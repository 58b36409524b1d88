#include "sim/study/sweep/axes.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "sim/core/rng.h"
#include "sim/study/sweep/draws.h"

namespace cleave {
namespace {

std::vector<Settings> crossed(const std::vector<Settings>& outer, const std::vector<Settings>& inner) {
  std::vector<Settings> points;
  points.reserve(outer.size() * inner.size());
  for (const Settings& a : outer) {
    for (const Settings& b : inner) {
      points.push_back(a);
      points.back().insert(points.back().end(), b.begin(), b.end());
    }
  }
  return points;
}

std::vector<Settings> make_points(const GridAxis& axis) {
  std::vector<Settings> points{{}};
  for (const auto& [path, values] : axis.over) {
    std::vector<Settings> along;
    for (const Tree& value : values) along.push_back({{path, value}});
    points = crossed(points, along);
  }
  return points;
}

std::vector<Settings> make_points(const ZipAxis& axis) {
  std::vector<Settings> points(axis.over.begin()->second.size());
  for (const auto& [path, values] : axis.over) {
    for (std::size_t i = 0; i < values.size(); ++i) points[i].push_back({path, values[i]});
  }
  return points;
}

std::vector<Settings> make_points(const ListAxis& axis) {
  std::vector<Settings> points;
  for (const SettingMap& map : axis.points) {
    Settings& point = points.emplace_back();
    for (const auto& [path, value] : map) point.push_back({path, value});
  }
  return points;
}

std::vector<Settings> make_points(const RandomAxis& axis) {
  std::vector<Settings> points(axis.points);
  for (const auto& [path, range] : axis.over) {
    Rng rng = RngBook{axis.seed}.stream("study/random/" + path);
    for (Settings& point : points) point.push_back({path, drawn(range, uniform01(rng))});
  }
  return points;
}

/// Source: McKay, Beckman, Conover 1979: each range is cut into as many slices as there are points.
std::vector<Settings> make_points(const LatinHypercubeAxis& axis) {
  std::vector<Settings> points(axis.points);
  for (const auto& [path, range] : axis.over) {
    Rng rng = RngBook{axis.seed}.stream("study/latin-hypercube/" + path);
    std::vector<std::uint32_t> slices(axis.points);
    for (std::uint32_t i = 0; i < axis.points; ++i) slices[i] = i;
    for (std::size_t i = slices.size(); i > 1; --i) std::swap(slices[i - 1], slices[uniform_below(rng, i)]);
    for (std::size_t i = 0; i < points.size(); ++i) {
      points[i].push_back({path, drawn(range, (slices[i] + uniform01(rng)) / axis.points)});
    }
  }
  return points;
}

template <class Map>
std::vector<std::string> keys_in(const Map& map) {
  std::vector<std::string> keys;
  for (const auto& entry : map) keys.push_back(entry.first);
  return keys;
}

std::vector<std::string> keys_in(const ListAxis& axis) {
  std::set<std::string> keys;
  for (const SettingMap& map : axis.points) {
    for (const auto& entry : map) keys.insert(entry.first);
  }
  return {keys.begin(), keys.end()};
}

void sift_values(ValueLists& over, const std::string& where, std::vector<std::string>& problems) {
  if (over.empty()) problems.push_back(where + ": varies nothing; it is left out");
  std::erase_if(over, [&](const auto& entry) {
    if (!entry.second.empty()) return false;
    problems.push_back(fmt::format("{}.over: {} has no values; it is left out", where, entry.first));
    return true;
  });
}

void sift(GridAxis& axis, const std::string& where, std::vector<std::string>& problems) {
  sift_values(axis.over, where, problems);
}

void sift(ZipAxis& axis, const std::string& where, std::vector<std::string>& problems) {
  sift_values(axis.over, where, problems);
  for (const auto& [path, values] : axis.over) {
    const auto& [first_path, first] = *axis.over.begin();
    if (values.size() == first.size()) continue;
    problems.push_back(fmt::format("{}.over: {} has {} values and {} has {}; the axis is left out", where, first_path,
                                   first.size(), path, values.size()));
    axis.over.clear();
    return;
  }
}

void sift(ListAxis& axis, const std::string& where, std::vector<std::string>& problems) {
  if (axis.points.empty()) problems.push_back(where + ".points: is empty; it is left out");
}

void sift_ranges(std::map<std::string, DrawRange>& over, const std::string& where, std::vector<std::string>& problems) {
  if (over.empty()) problems.push_back(where + ": varies nothing; it is left out");
  std::erase_if(over, [&](const auto& entry) {
    const auto problem = problem_of(entry.second);
    if (problem) problems.push_back(fmt::format("{}.over: {} {}; it is left out", where, entry.first, *problem));
    return problem.has_value();
  });
}
void sift(RandomAxis& axis, const std::string& where, std::vector<std::string>& problems) {
  sift_ranges(axis.over, where, problems);
}
void sift(LatinHypercubeAxis& axis, const std::string& where, std::vector<std::string>& problems) {
  sift_ranges(axis.over, where, problems);
}

}  // namespace

std::vector<std::string> keys_of_axis(const AxisParams& axis) {
  return std::visit(
      [](const auto& alternative) {
        if constexpr (std::is_same_v<std::decay_t<decltype(alternative)>, ListAxis>) {
          return keys_in(alternative);
        } else {
          return keys_in(alternative.over);
        }
      },
      axis);
}

void sift_axis(AxisParams& axis, const std::string& where, std::vector<std::string>& problems) {
  std::visit([&](auto& alternative) { sift(alternative, where, problems); }, axis);
}

std::vector<Settings> points_of(const AxisParams& axis) {
  if (keys_of_axis(axis).empty()) return {};
  return std::visit([](const auto& alternative) { return make_points(alternative); }, axis);
}

std::vector<Settings> cross(const std::vector<AxisParams>& axes) {
  std::vector<Settings> points{{}};
  for (const AxisParams& axis : axes) points = crossed(points, points_of(axis));
  return points;
}

}  // namespace cleave
