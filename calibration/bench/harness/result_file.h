#pragma once
// The CSV of one probe, written row by row so that a run that was stopped goes on where it was.

#include <filesystem>
#include <fstream>
#include <set>
#include <string>

#include "calibration/bench/harness/probe.h"

namespace cleave::bench {

class ResultFile {
 public:
  /// Opens `folder/<table>__cleave.csv` and `folder/skipped__<table>.csv`, or starts them. A last line without its end
  /// (a run that was killed) is cut off; rows of points that the grid no longer has stay.
  /// Errors: ConfigError "file:line: reason" for a header or a row of another shape, and if it cannot be written.
  ResultFile(const std::filesystem::path& folder, const ProbeSpec& spec);

  /// Whether the point was measured, or found impossible, by this or an earlier run.
  [[nodiscard]] bool has(const Point& point) const { return done_.contains(point.key()); }
  /// Appends and flushes. Errors: ConfigError if the disk refuses.
  void add(const Point& point, const Outcome& outcome);

 private:
  void append(const std::filesystem::path& file, std::ofstream& out, const std::string& line);

  std::filesystem::path rows_file_;
  std::filesystem::path skipped_file_;
  std::ofstream rows_;
  std::ofstream skipped_;
  std::set<std::string> done_;
};

}  // namespace cleave::bench
