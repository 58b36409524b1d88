#pragma once
// A store -> a table for other programs. The same results give the same bytes, in whatever order they were made.

#include <string>

#include "sim/study/store/result_store.h"

namespace cleave {

/// One row for each wanted run, ordered by the hash of its point and its seed: point, seed, status, one column for each
/// value that varies, the study's columns and derived ones, the error. What is undefined is empty.
/// Errors: ConfigError for a column or formula that names nothing in the summaries.
[[nodiscard]] std::string export_csv(const ResultStore& store);

/// The same as a JSON array, with the whole summaries when the study names no columns.
[[nodiscard]] std::string export_json(const ResultStore& store);

}  // namespace cleave
