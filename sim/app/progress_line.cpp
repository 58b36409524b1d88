#include "sim/app/progress_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "sim/app/terminal.h"

namespace cleave {
namespace {

/// 0: not known.
double share_done(const Standing& standing) {
  if (standing.expected && *standing.expected > 0) {
    return std::min(1.0, static_cast<double>(standing.finished) / static_cast<double>(*standing.expected));
  }
  if (standing.horizon) return std::min(1.0, to_seconds(standing.simulated) / to_seconds(*standing.horizon));
  return 0;
}

}  // namespace

ProgressLine::ProgressLine(bool quiet) : enabled_(!quiet && is_terminal(stderr)), colour_(takes_colour(stderr)) {}

void ProgressLine::update(const Standing& standing) {
  constexpr auto kInterval = std::chrono::milliseconds{200};
  if (!enabled_) return;
  const Clock::time_point now = Clock::now();
  if (now - last_ < kInterval) return;
  last_ = now;
  show(progress_line(standing, std::chrono::duration<double>(now - start_).count()));
}

void ProgressLine::show(const std::string& line) {
  if (colour_) {
    fmt::print(stderr, "\r\x1b[2K{}", line);
  } else {
    fmt::print(stderr, "\r{:<{}}", line, shown_);
  }
  shown_ = line.size();
  std::fflush(stderr);
}

void ProgressLine::clear() {
  if (shown_ == 0) return;
  show("");
  fmt::print(stderr, "\r");
  shown_ = 0;
}

std::string progress_line(const Standing& standing, double elapsed_seconds) {
  const auto finished = static_cast<double>(standing.finished);
  std::string line = fmt::format("{}", standing.finished);
  if (standing.expected) line += fmt::format(" of {}", *standing.expected);
  line += fmt::format(" requests, {:.0f} s simulated", to_seconds(standing.simulated));
  if (standing.finished == 0 || elapsed_seconds <= 0) return line;
  line += fmt::format(", {:.0f} requests/s", finished / elapsed_seconds);
  const double share = share_done(standing);
  if (share > 0) line += fmt::format(", {:.0f} s left", std::ceil(elapsed_seconds * (1 - share) / share));
  return line;
}

}  // namespace cleave
