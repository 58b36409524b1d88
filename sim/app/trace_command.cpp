#include "sim/app/trace_command.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <ostream>

#include "models/units/error.h"
#include "sim/workload/trace/trace_convert.h"
#include "sim/workload/trace/trace_reader.h"
#include "sim/workload/trace/trace_stats.h"

namespace cleave {

namespace {

using Json = nlohmann::ordered_json;

TraceParams source_of(const TraceCommandParams& params) {
  TraceParams source;
  source.path = params.file;
  source.format = params.format ? *params.format : detect_format(params.file);
  source.linkage = params.linkage;
  return source;
}

template <class Value>
Json json_or_null(const std::optional<Value>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json to_json(const LengthStats& s) {
  return {{"total", s.total}, {"mean", s.mean}, {"p5", s.p5},   {"p50", s.p50},
          {"p90", s.p90},     {"p95", s.p95},   {"p99", s.p99}, {"max", s.max}};
}

Json to_json(const ArrivalStats& s) {
  return {{"count", s.count},
          {"first_s", to_seconds(s.first)},
          {"last_s", to_seconds(s.last)},
          {"distinct_times", s.distinct_times},
          {"per_second", json_or_null(s.per_second)},
          {"per_minute_mean", json_or_null(s.per_minute)},
          {"per_minute_peak", s.peak_minute},
          {"per_minute_index_of_dispersion", json_or_null(s.index_of_dispersion)}};
}

Json to_json(const std::optional<BlockStats>& s) {
  if (!s) return nullptr;
  return {{"block_size_tokens", s->block_size.value()},
          {"recorded", s->recorded},
          {"accesses", s->accesses},
          {"unique", s->unique},
          {"unlimited_cache_hit_ratio_blocks", s->hit_ratio_blocks},
          {"unlimited_cache_hit_ratio_tokens", s->hit_ratio_tokens}};
}

Json to_json(const TraceStats& s) {
  return {{"requests", s.requests},
          {"waiting_requests", s.waiting_requests},
          {"sessions", json_or_null(s.sessions)},
          {"arrivals", to_json(s.arrivals)},
          {"input_tokens", to_json(s.input)},
          {"output_tokens", to_json(s.output)},
          {"blocks", to_json(s.blocks)},
          {"failed_rows", s.notes.failed_rows},
          {"raised_outputs", s.notes.raised_outputs}};
}

void print_lengths(std::ostream& out, std::string_view name, const LengthStats& s) {
  out << fmt::format("{:<14} {:>12} {:>9.1f} {:>9.0f} {:>9.0f} {:>9.0f} {:>9.0f} {:>9.0f} {:>9}\n", name, s.total,
                     s.mean, s.p5, s.p50, s.p90, s.p95, s.p99, s.max);
}

void print_arrivals(std::ostream& out, const ArrivalStats& s) {
  out << fmt::format("arrivals       {} dated, {:.3f} s to {:.3f} s, {} distinct times", s.count, to_seconds(s.first),
                     to_seconds(s.last), s.distinct_times);
  if (s.per_second) out << fmt::format(", {:.3f} /s", *s.per_second);
  out << '\n';
  if (!s.per_minute) return;
  out << fmt::format("per minute     mean {:.1f}, peak {}", *s.per_minute, s.peak_minute);
  if (s.index_of_dispersion) out << fmt::format(", index of dispersion {:.2f}", *s.index_of_dispersion);
  out << '\n';
}

void print_stats(std::ostream& out, const TraceParams& source, const TraceStats& s) {
  out << fmt::format("{}: {} trace\n", source.path, format_name(source.format));
  out << fmt::format("requests       {}", s.requests);
  if (s.waiting_requests > 0) out << fmt::format(", {} of them wait for another's answer", s.waiting_requests);
  if (s.sessions) out << fmt::format(", in {} sessions", *s.sessions);
  out << '\n';
  print_arrivals(out, s.arrivals);
  out << fmt::format("{:<14} {:>12} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9}\n", "tokens", "total", "mean", "p5",
                     "p50", "p90", "p95", "p99", "max");
  print_lengths(out, "input", s.input);
  print_lengths(out, "output", s.output);
  if (s.blocks) {
    out << fmt::format(
        "blocks of {:<4} {} accesses, {} unique; a cache that never evicts hits {:.2f} % of blocks, "
        "{:.2f} % of input tokens\n",
        s.blocks->block_size.value(), s.blocks->accesses, s.blocks->unique, 100 * s.blocks->hit_ratio_blocks,
        100 * s.blocks->hit_ratio_tokens);
  }
  if (s.notes.failed_rows > 0) out << fmt::format("left out       {} rows of failed requests\n", s.notes.failed_rows);
  if (s.notes.raised_outputs > 0) {
    out << fmt::format("raised         {} outputs of 0 tokens to 1 (aborted requests)\n", s.notes.raised_outputs);
  }
}

ExitCode run_stats(const TraceCommandParams& params, std::ostream& out) {
  const TraceParams source = source_of(params);
  Problems problems(source.path);
  const auto reader = open_trace(source, SegmentNames{ClassId{}}, problems);
  const TraceStats stats = trace_stats(*reader, source.format, params.block_size);
  if (params.output_format == OutputFormat::text) {
    print_stats(out, source, stats);
  } else {
    Json json = {{"file", source.path}, {"format", format_name(source.format)}};
    json.update(to_json(stats));
    out << json.dump(2) << '\n';
  }
  return ExitCode::ok;
}

struct CheckedTrace {
  std::optional<TraceFormat> format;
  std::uint64_t requests = 0;
  std::vector<std::string> problems;
};

// A diagnostic is this command's answer, not its failure: so it is caught here.
CheckedTrace check(const TraceCommandParams& params) {
  CheckedTrace result;
  Problems problems(params.file, params.problem_limit);
  try {
    const TraceParams source = source_of(params);
    result.format = source.format;
    const auto reader = open_trace(source, SegmentNames{ClassId{}}, problems);
    TraceRecord record;
    while (reader->next(record)) ++result.requests;
    if (result.requests == 0) problems.add("holds no request");
  } catch (const ConfigError& error) {
    if (problems.found().empty()) result.problems.emplace_back(error.what());
  }
  result.problems.insert(result.problems.end(), problems.found().begin(), problems.found().end());
  return result;
}

ExitCode run_validate(const TraceCommandParams& params, std::ostream& out, std::ostream& err) {
  const CheckedTrace result = check(params);
  const bool valid = result.problems.empty();
  if (params.output_format == OutputFormat::json) {
    const Json json = {{"file", params.file},
                       {"format", result.format ? Json(format_name(*result.format)) : Json(nullptr)},
                       {"valid", valid},
                       {"requests", result.requests},
                       {"problems", result.problems}};
    out << json.dump(2) << '\n';
  } else if (valid) {
    out << fmt::format("{}: valid {} trace, {} requests\n", params.file, format_name(*result.format), result.requests);
  } else {
    for (const std::string& problem : result.problems) err << problem << '\n';
  }
  return valid ? ExitCode::ok : ExitCode::invalid_input;
}

ExitCode run_convert(const TraceCommandParams& params, std::ostream& out) {
  const TraceParams source = source_of(params);
  Problems problems(source.path);
  const auto reader = open_trace(source, SegmentNames{ClassId{}}, problems);
  const std::uint64_t requests = convert_trace(*reader, params.output, params.to, params.force);
  if (params.output_format == OutputFormat::json) {
    const Json json = {{"file", source.path},
                       {"format", format_name(source.format)},
                       {"output", params.output},
                       {"to", format_name(params.to)},
                       {"requests", requests}};
    out << json.dump(2) << '\n';
  } else {
    out << fmt::format("{}: {} requests as a {} trace\n", params.output, requests, format_name(params.to));
  }
  return ExitCode::ok;
}

}  // namespace

ExitCode trace_command(const TraceCommandParams& params, std::ostream& out, std::ostream& err) {
  switch (params.action) {
    case TraceAction::stats:
      return run_stats(params, out);
    case TraceAction::validate:
      return run_validate(params, out, err);
    case TraceAction::convert:
      return run_convert(params, out);
  }
  return ExitCode::invalid_input;
}

}  // namespace cleave
