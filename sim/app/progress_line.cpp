#include "sim/app/progress_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "sim/app/terminal.h"

namespace cleave {

ProgressLine::ProgressLine(bool quiet) : enabled_(!quiet && is_terminal(stderr)), colour_(takes_colour(stderr)) {}

void ProgressLine::update(std::uint64_t finished, std::optional<std::uint64_t> expected, TimePoint simulated) {
  constexpr auto kInterval = std::chrono::milliseconds{200};
  if (!enabled_) return;
  const Clock::time_point now = Clock::now();
  if (now - last_ < kInterval) return;
  last_ = now;
  show(progress_line(finished, expected, simulated, std::chrono::duration<double>(now - start_).count()));
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

std::string progress_line(std::uint64_t finished, std::optional<std::uint64_t> expected, TimePoint simulated,
                          double elapsed_seconds) {
  std::string line =
      expected ? fmt::format("{} of {} requests", finished, *expected) : fmt::format("{} requests", finished);
  line += fmt::format(", {:.0f} s simulated", to_seconds(simulated));
  if (finished == 0 || elapsed_seconds <= 0) return line;
  const double rate = static_cast<double>(finished) / elapsed_seconds;
  line += fmt::format(", {:.0f} requests/s", rate);
  if (expected && *expected >= finished) {
    line += fmt::format(", {:.0f} s left", std::ceil(static_cast<double>(*expected - finished) / rate));
  }
  return line;
}

}  // namespace cleave
