#include <cstring>
#include <thread>
#include <vector>

#include "calibration/host/host_probes.h"

namespace cleave::bench {
namespace {

/// Each thread copies its own slice; the time is that from before the first starts until the last is done.
double copy_ms(std::vector<char>& to, const std::vector<char>& from, std::size_t threads) {
  const std::size_t slice = from.size() / threads;
  const double begin = now_ms();
  std::vector<std::thread> helpers;
  for (std::size_t i = 1; i < threads; ++i) {
    helpers.emplace_back([&, i] { std::memcpy(to.data() + i * slice, from.data() + i * slice, slice); });
  }
  std::memcpy(to.data(), from.data(), slice);
  for (std::thread& helper : helpers) helper.join();
  return now_ms() - begin;
}

Outcome measure(const Point& point, const StoppingRule& rule) {
  const std::size_t threads = point.size("threads");
  if (threads > std::thread::hardware_concurrency()) return Skipped{"fewer cores than threads"};
  // Written once, so that their pages exist before anything is timed.
  const std::vector<char> from(point.size("bytes"), 'a');
  std::vector<char> to(point.size("bytes"), 'b');
  return time_repeats([&] { return copy_ms(to, from, threads); }, rule, Cache::warm);
}

}  // namespace

Probe memory_probe() {
  Probe probe;
  probe.spec.name = "memory_copy";
  probe.spec.table = "host_memory_perf";
  probe.spec.summary = "memcpy between two buffers; bytes are those copied, half of those moved";
  probe.spec.grid.axes = {"threads", "bytes"};
  probe.spec.rule = {.min_repeats = 5, .max_repeats = 50, .relative_error = 0.02, .max_seconds = 0.5};
  for (const std::int64_t threads : {1, 2, 4, 8, 16, 32}) {
    for (const std::int64_t mib : {1, 16, 256, 1024}) probe.spec.grid.add({threads, mib << 20});
  }
  probe.measure = measure;
  return probe;
}

}  // namespace cleave::bench
