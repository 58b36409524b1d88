#include <variant>

#include "models/units/error.h"
#include "sim/workload/make_workload.h"
#include "sim/workload/trace/trace_reader.h"

namespace cleave {

namespace {

constexpr std::size_t kProblems = 10;

void check_trace(const TraceParams& params) {
  Problems problems(params.path, kProblems);
  const auto reader = open_trace(params, SegmentNames{ClassId{}}, problems);
  TraceRecord record;
  std::uint64_t offered = 0;
  while (reader->next(record)) {
    if (!record.parent && params.until && record.at >= *params.until) break;
    if (!record.parent && record.at < params.from) continue;
    if (!record.parent && params.first && offered >= *params.first) break;
    ++offered;
  }
  if (!problems.found().empty()) throw ConfigError(fmt::format("{}", fmt::join(problems.found(), "\n")));
}

}  // namespace

void check_traces(const WorkloadParams& params) {
  for (const ClassParams& cls : params.classes) {
    if (const auto* trace = std::get_if<TraceParams>(&cls.traffic)) check_trace(*trace);
  }
}

}  // namespace cleave
