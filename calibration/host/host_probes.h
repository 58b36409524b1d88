#pragma once
// Probes of the machine itself. Each takes its buffers when a point is measured and gives them back after it.

#include <functional>
#include <utility>

#include "calibration/bench/harness/meta.h"
#include "calibration/bench/harness/probe.h"

namespace cleave::bench {

/// Copies between two buffers by 1..n threads; buffers from L2-sized to far beyond the caches.
[[nodiscard]] Probe memory_probe();
/// Sequential and random reads and writes of a file in the current folder, past the page cache where the file system
/// allows it (`access` says direct) and through it otherwise (buffered, with fsync after writes).
[[nodiscard]] Probe file_probe();
/// One TCP connection over loopback: streams (send until the other side has it all) and round trips.
[[nodiscard]] Probe loopback_probe();

/// Processor, cores, memory, kernel.
[[nodiscard]] std::pair<Environment, Environment> describe_host();

/// Repeats `once`, which does the work and returns its milliseconds.
[[nodiscard]] Measurement time_repeats(const std::function<double()>& once, const StoppingRule& rule, Cache cache);
[[nodiscard]] double now_ms();

}  // namespace cleave::bench
