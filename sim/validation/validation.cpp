#include "sim/validation/validation.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "sim/validation/process_pool.h"

namespace cleave {
namespace {

using Json = nlohmann::ordered_json;

/// A task and where its report belongs.
struct Planned {
  std::size_t kind = 0;
  std::size_t run = 0;
  ValidationTask task;
};

RunReport report_of(const std::string& run, const TaskResult& result) {
  RunReport report;
  if (result.ok) {
    from_json(Json::parse(result.text), report);
  } else {
    report.run = run;
    report.status = ReportStatus::failed;
    report.why = result.text;
  }
  return report;
}

std::vector<Planned> plan(const Catalogue& catalogue, const ValidationOptions& options, ValidationReport& report) {
  std::vector<Planned> planned;
  for (const MeasuredKind& kind : measured_kinds()) {
    std::vector<ValidationTask> tasks = kind.find(options.data / kind.folder, catalogue);
    std::erase_if(tasks, [&](const ValidationTask& task) {
      return (std::string(kind.folder) + "/" + task.run).find(options.only) == std::string::npos;
    });
    if (tasks.empty()) continue;
    report.kinds.push_back({&kind, std::vector<RunReport>(tasks.size()), {}});
    for (std::size_t i = 0; i < tasks.size(); ++i) {
      planned.push_back({report.kinds.size() - 1, i, std::move(tasks[i])});
    }
  }
  return planned;
}

Json json_of(const Target& target) {
  return {{"what", target.what},
          {"limit", target.limit},
          {"goal", target.goal},
          {"reached", target.reached},
          {"pass", target.pass ? Json(*target.pass) : Json()}};
}

}  // namespace

std::size_t ValidationReport::compared() const {
  std::size_t count = 0;
  for (const KindReport& kind : kinds) {
    count += static_cast<std::size_t>(std::count_if(
        kind.runs.begin(), kind.runs.end(), [](const RunReport& run) { return run.status == ReportStatus::compared; }));
  }
  return count;
}

std::size_t ValidationReport::missed_targets() const {
  std::size_t count = 0;
  for (const KindReport& kind : kinds) {
    count += static_cast<std::size_t>(
        std::count_if(kind.targets.begin(), kind.targets.end(), [](const Target& t) { return t.pass && !*t.pass; }));
  }
  return count;
}

ValidationReport validate_engines(const Catalogue& catalogue, const ValidationOptions& options) {
  ValidationReport report;
  const std::vector<Planned> planned = plan(catalogue, options, report);
  std::size_t finished = 0;
  const auto work = [&](std::size_t i) { return Json(planned[i].task.work()).dump(); };
  const auto done = [&](std::size_t i, TaskResult result) {
    report.kinds[planned[i].kind].runs[planned[i].run] = report_of(planned[i].task.run, result);
    options.progress(++finished, planned.size());
  };
  report.complete = run_in_processes(planned.size(), options.at_once, work, done, options.stop);
  for (KindReport& kind : report.kinds) {
    std::erase_if(kind.runs, [](const RunReport& run) { return run.run.empty(); });
    kind.targets = kind.kind->judge(kind.runs);
  }
  return report;
}

Json to_json(const ValidationReport& report) {
  Json kinds = Json::array();
  for (const KindReport& kind : report.kinds) {
    Json targets = Json::array();
    for (const Target& target : kind.targets) targets.push_back(json_of(target));
    Json runs = Json::array();
    for (const RunReport& run : kind.runs) runs.push_back(run);
    kinds.push_back({{"kind", kind.kind->folder}, {"title", kind.kind->title}, {"targets", targets}, {"runs", runs}});
  }
  return {{"complete", report.complete},
          {"compared", report.compared()},
          {"missed_targets", report.missed_targets()},
          {"kinds", kinds}};
}

}  // namespace cleave
