#include "sim/workload/trace/trace_reader.h"

#include <array>
#include <utility>

#include "models/units/error.h"
#include "sim/workload/trace/line_reader.h"

namespace cleave {

namespace {

constexpr std::array<std::pair<std::string_view, TraceFormat>, 5> kFormats = {{
    {"mooncake", TraceFormat::mooncake},
    {"azure", TraceFormat::azure},
    {"burstgpt", TraceFormat::burstgpt},
    {"agentic", TraceFormat::agentic},
    {"cleave", TraceFormat::cleave},
}};

}  // namespace

std::string_view format_name(TraceFormat format) {
  for (const auto& [name, known] : kFormats) {
    if (known == format) return name;
  }
  return "unknown";
}

std::optional<TraceFormat> format_by_name(std::string_view name) {
  for (const auto& [known, format] : kFormats) {
    if (known == name) return format;
  }
  return std::nullopt;
}

std::unique_ptr<TraceReader> open_trace(const TraceParams& params, SegmentNames names, Problems& problems) {
  if (params.linkage != SessionLinkage::none && params.format != TraceFormat::mooncake) {
    throw ConfigError(
        fmt::format("{}: linkage: got \"prefix\" for a {} trace, expected a mooncake trace (with hash_ids)",
                    params.path, format_name(params.format)));
  }
  switch (params.format) {
    case TraceFormat::mooncake:
      return make_mooncake_reader(params.path, names, params.linkage, problems);
    case TraceFormat::azure:
      return make_azure_reader(params.path, names, problems);
    case TraceFormat::burstgpt:
      return make_burstgpt_reader(params.path, names, problems);
    case TraceFormat::agentic:
      return make_agentic_reader(params, names, problems);
    case TraceFormat::cleave:
      return make_cleave_reader(params.path, names, problems);
  }
  throw ConfigError(fmt::format("{}: unknown trace format", params.path));
}

TraceFormat detect_format(const std::string& file) {
  Problems problems(file);
  LineReader lines(file, problems);
  if (!lines.next()) throw ConfigError(fmt::format("{}: is empty, expected a trace", file));
  const std::string_view first = lines.text();
  if (first == kAzureHeader) return TraceFormat::azure;
  if (first == kBurstgptHeader) return TraceFormat::burstgpt;
  if (first == kCleaveHeader) return TraceFormat::cleave;
  if (first.starts_with('{') && first.find("\"hash_ids\"") != std::string_view::npos) return TraceFormat::mooncake;
  if (first.starts_with('{') && first.find("\"requests\"") != std::string_view::npos) return TraceFormat::agentic;
  problems.add(1, "format", first, "the first line of a mooncake, azure, burstgpt, agentic or cleave trace");
  throw ConfigError(problems.found().front());
}

}  // namespace cleave
