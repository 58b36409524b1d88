#pragma once
// Two sets of a sweep's results, point by point: two files, or two selections of one.

#include <filesystem>
#include <string>
#include <vector>

#include "sim/study/check/check.h"
#include "sim/study/store/result_store.h"

namespace cleave {

/// Results of one side: the points of a store that meet every condition (over the resolved scenario).
struct StoreSelection {
  std::filesystem::path file;
  std::vector<std::string> where;
};

/// Points of both sides that differ in what is compared and in nothing else. Shape: one entry a point in each list.
struct PairedPoints {
  std::vector<std::string> points;  // their settings, for people
  std::vector<SideRuns> base;       // empty where only the head has the point
  std::vector<SideRuns> head;
};

/// Matches points by their settings. A setting that is the same for all points of a side is no part of the match: where
/// it differs between the sides it is what is compared.
/// Errors: ConfigError for a file that is no store, a condition that selects nothing, or a side with several points for
/// one match (a condition has to choose one).
[[nodiscard]] PairedPoints pair_points(const StoreSelection& base, const StoreSelection& head);

/// Whether a file holds a sweep's results.
[[nodiscard]] bool is_store(const std::filesystem::path& file);

}  // namespace cleave
