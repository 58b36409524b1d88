#pragma once
// How far many runs are: one line with a bar on a terminal, a line now and then elsewhere.

#include <chrono>
#include <cstddef>
#include <string>

namespace cleave {

struct StudyStanding {
  std::size_t runs = 0;   // wanted
  std::size_t known = 0;  // before this start
  std::size_t done = 0;   // since, failures included
  std::size_t failed = 0;
};

/// "[########............] 412 of 1000 runs, 3 failed, 88 runs/s, 7 s left".
[[nodiscard]] std::string study_line(const StudyStanding& standing, double elapsed_seconds);

/// Writes to stderr. Without a terminal it writes a line at every tenth of the runs.
class StudyProgress {
 public:
  explicit StudyProgress(bool quiet);
  ~StudyProgress() { clear(); }
  StudyProgress(const StudyProgress&) = delete;
  StudyProgress& operator=(const StudyProgress&) = delete;

  void update(const StudyStanding& standing);
  /// Removes the line of a terminal.
  void clear();
  /// Says something above the line.
  void note(const std::string& text);

 private:
  using Clock = std::chrono::steady_clock;
  bool quiet_;
  bool terminal_;
  std::size_t shown_ = 0;
  std::size_t tenths_ = 0;
  Clock::time_point start_ = Clock::now();
};

}  // namespace cleave
