#pragma once
// How far a run is, on stderr, a few times a second. Wall-clock time appears here and nowhere in results.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "models/units/units.h"

namespace cleave {

/// How far a run has come, and what is known of its end: a number of requests, else a simulated time.
struct Standing {
  std::uint64_t finished = 0;
  TimePoint simulated;
  std::optional<std::uint64_t> expected;
  std::optional<Duration> horizon;
};

/// One line that rewrites itself. Silent unless stderr is a terminal, and when told to be quiet.
class ProgressLine {
 public:
  explicit ProgressLine(bool quiet);
  ~ProgressLine() { clear(); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  /// Rewrites the line, at most a few times a second.
  void update(const Standing& standing);

  /// Removes the line.
  void clear();

 private:
  using Clock = std::chrono::steady_clock;
  void show(const std::string& line);

  bool enabled_;
  bool colour_;
  std::size_t shown_ = 0;  // characters on the line
  Clock::time_point start_ = Clock::now();
  Clock::time_point last_ = start_;
};

/// "1200 of 12031 requests, 312 s simulated, 3800 requests/s, 3 s left". The rest is told when its share is known.
[[nodiscard]] std::string progress_line(const Standing& standing, double elapsed_seconds);

}  // namespace cleave
