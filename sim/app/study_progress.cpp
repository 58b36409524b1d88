#include "sim/app/study_progress.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdio>

#include "sim/app/terminal.h"

namespace cleave {

std::string study_line(const StudyStanding& standing, double elapsed_seconds) {
  constexpr std::size_t kWidth = 24;
  const std::size_t finished = standing.known + standing.done;
  const std::size_t filled = standing.runs == 0 ? kWidth : kWidth * finished / standing.runs;
  std::string line =
      fmt::format("[{:#<{}}{:.<{}}] {} of {} runs", "", filled, "", kWidth - filled, finished, standing.runs);
  if (standing.failed > 0) line += fmt::format(", {} failed", standing.failed);
  if (standing.done == 0 || elapsed_seconds <= 0) return line;
  const double rate = static_cast<double>(standing.done) / elapsed_seconds;
  line += fmt::format(", {:.3g} runs/s", rate);
  if (finished < standing.runs) {
    line += fmt::format(", {:.0f} s left", std::ceil(static_cast<double>(standing.runs - finished) / rate));
  }
  return line;
}

StudyProgress::StudyProgress(bool quiet) : quiet_(quiet), terminal_(is_terminal(stderr)) {}

void StudyProgress::update(const StudyStanding& standing) {
  if (quiet_) return;
  const std::string line = study_line(standing, std::chrono::duration<double>(Clock::now() - start_).count());
  if (terminal_) {
    fmt::print(stderr, "\r{:<{}}", line, shown_);
    shown_ = line.size();
    std::fflush(stderr);
    return;
  }
  const std::size_t tenths = standing.runs == 0 ? 0 : 10 * (standing.known + standing.done) / standing.runs;
  if (tenths > tenths_ && standing.done > 0) fmt::print(stderr, "{}\n", line);
  tenths_ = tenths;
}

void StudyProgress::clear() {
  if (shown_ > 0) fmt::print(stderr, "\r{:<{}}\r", "", shown_);
  shown_ = 0;
}

void StudyProgress::note(const std::string& text) {
  clear();
  fmt::print(stderr, "{}\n", text);
}

}  // namespace cleave
