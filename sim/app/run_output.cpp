#include "sim/app/run_output.h"

#include "sim/report/run_files.h"

namespace cleave {

RunOutput::RunOutput(const std::filesystem::path& folder, const OutputParams& params, Recorder& recorder)
    : shown_(folder), folder_(folder) {
  if (params.requests_csv) {
    requests_.emplace(folder_.file("requests.csv"), recorder.params().classes);
    recorder.attach(*requests_);
  }
  if (params.decision_log) {
    decisions_.emplace(folder_.file("decisions.csv"));
    recorder.attach(*decisions_);
  }
}

void RunOutput::finish(const RunFacts& facts, const RunResults& results, const Recorder& recorder) {
  if (requests_) requests_->close();
  if (decisions_) decisions_->close();
  write_run_files(folder_, facts, results, recorder);
  folder_.commit();
}

}  // namespace cleave
