#pragma once
// The folder of one run, which appears whole at its end or not at all.

#include <filesystem>
#include <optional>
#include <string>

#include "sim/metrics/recorder.h"
#include "sim/report/decisions_csv.h"
#include "sim/report/requests_csv.h"
#include "sim/report/run_facts.h"
#include "sim/report/run_folder.h"
#include "sim/scenario/scenario.h"

namespace cleave {

class RunOutput {
 public:
  /// Opens the folder, and in it the files that are written as the run goes: those that the scenario asks for.
  /// `recorder` is borrowed and records no more after this object's end. Errors: those of RunFolder.
  RunOutput(const std::filesystem::path& folder, const OutputParams& params, Recorder& recorder);

  /// Writes the rest and puts the folder in its place. Errors: std::runtime_error when the system refuses.
  void finish(const RunFacts& facts, const RunResults& results, const Recorder& recorder);

  /// The report's path, as the user would write it.
  [[nodiscard]] std::filesystem::path report() const { return shown_ / "report.html"; }

 private:
  std::filesystem::path shown_;
  RunFolder folder_;
  std::optional<RequestsCsv> requests_;
  std::optional<DecisionsCsv> decisions_;
};

}  // namespace cleave
