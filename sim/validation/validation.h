#pragma once
// All measured runs of a data folder, simulated and compared.

#include <filesystem>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "sim/scenario/catalogue.h"
#include "sim/validation/kinds.h"

namespace cleave {

struct KindReport {
  const MeasuredKind* kind = nullptr;
  std::vector<RunReport> runs;  // in the order in which they were found
  std::vector<Target> targets;
};

struct ValidationReport {
  std::vector<KindReport> kinds;  // those of which the folder has any
  bool complete = true;           // false: interrupted

  [[nodiscard]] std::size_t compared() const;
  [[nodiscard]] std::size_t missed_targets() const;
};

struct ValidationOptions {
  std::filesystem::path data;
  std::string only;  // runs whose "kind/run" contains this text; empty: all
  std::size_t at_once = 1;
  std::function<bool()> stop = [] { return false; };
  std::function<void(std::size_t done, std::size_t of)> progress = [](std::size_t, std::size_t) {};
};

/// Shape: kinds in their table's order. The result does not depend on `at_once`.
/// Errors: ConfigError for malformed files. A run that fails is reported, not thrown.
[[nodiscard]] ValidationReport validate_engines(const Catalogue& catalogue, const ValidationOptions& options);

[[nodiscard]] nlohmann::ordered_json to_json(const ValidationReport& report);

/// For the terminal: targets, then what is outside.
[[nodiscard]] std::string validation_text(const ValidationReport& report);

/// The results page, docs/validation.md.
[[nodiscard]] std::string validation_markdown(const ValidationReport& report);

}  // namespace cleave
