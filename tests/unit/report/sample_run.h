#pragma once
// A made-up run with everything that a report can show: two classes, two pools, warm-up, a crash, rejections.

#include <memory>

#include "sim/metrics/recorder.h"
#include "sim/report/run_facts.h"

namespace cleave::fixture {

struct SampleRun {
  RunFacts facts;
  std::unique_ptr<Recorder> recorder;
};

/// The same run at every call. `sink` may be null.
SampleRun sample_run(RequestSink* sink = nullptr, std::size_t requests = 2000);

}  // namespace cleave::fixture
