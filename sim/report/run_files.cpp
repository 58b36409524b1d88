#include "sim/report/run_files.h"

#include <algorithm>
#include <string>
#include <vector>

#include "sim/report/manifest_json.h"
#include "sim/report/output_file.h"
#include "sim/report/report_html.h"
#include "sim/report/summary_json.h"
#include "sim/report/timeseries_csv.h"

namespace cleave {

void write_run_files(const RunFolder& folder, const RunFacts& facts, const RunResults& results,
                     const Recorder& recorder) {
  const auto& pools = recorder.params().pools;
  write_file(folder.file("summary.json"), summary_json(facts, results));
  write_file(folder.file("timeseries.csv"), timeseries_csv(recorder.timeline(), pools));
  write_file(folder.file("report.html"), report_html({facts, results, recorder.timeline(), pools}));
  if (!facts.resolved_yaml.empty()) write_file(folder.file("scenario.yaml"), facts.resolved_yaml);
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder.file(""))) {
    files.push_back(entry.path().filename().string());
  }
  std::sort(files.begin(), files.end());  // a directory has no order of its own
  write_file(folder.file("manifest.json"), manifest_json(facts, files));
}

}  // namespace cleave
