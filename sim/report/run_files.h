#pragma once
// All files of a run that are written at its end.

#include "sim/metrics/recorder.h"
#include "sim/metrics/results.h"
#include "sim/report/run_facts.h"
#include "sim/report/run_folder.h"

namespace cleave {

/// Writes summary.json, timeseries.csv, report.html, scenario.yaml (where the facts have it) and manifest.json, which
/// lists the folder's files: those that were streamed into it before must be closed. Does not commit the folder.
/// Errors: std::runtime_error when a file cannot be written.
void write_run_files(const RunFolder& folder, const RunFacts& facts, const RunResults& results,
                     const Recorder& recorder);

}  // namespace cleave
