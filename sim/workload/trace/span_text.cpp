#include "sim/workload/trace/span_text.h"

#include <fmt/format.h>

#include <iterator>
#include <limits>
#include <optional>

#include "sim/workload/trace/csv_line.h"
#include "sim/workload/trace/trace_reader.h"

namespace cleave {

namespace {

constexpr std::uint64_t kMaxName = 1ULL << 50;
constexpr std::uint64_t kIndexBits = 50;

std::optional<Span> parse_span(std::string_view text, SegmentNames& names) {
  const bool is_output = text.starts_with('o');
  const bool is_unique = text.starts_with('u');
  if (is_output || is_unique) text.remove_prefix(1);
  Span span;
  if (!is_unique) {
    const std::size_t colon = text.find(':');
    const std::size_t plus = text.find('+');
    if (colon == std::string_view::npos || plus == std::string_view::npos || plus < colon) return std::nullopt;
    const auto name = to_natural(text.substr(0, colon));
    const auto begin = to_natural(text.substr(colon + 1, plus - colon - 1));
    const std::uint64_t most = is_output ? std::numeric_limits<std::uint32_t>::max() : kMaxName - 1;
    if (!name || *name > most || !begin || *begin > std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
    span.segment = is_output ? SegmentId::output_of(RequestId{static_cast<std::size_t>(*name)}) : names.recorded(*name);
    span.begin = static_cast<std::uint32_t>(*begin);
    text.remove_prefix(plus + 1);
  } else {
    span.segment = names.fresh();
  }
  const auto length = to_integer(text);
  if (!length || *length < 1 || *length > kMaxTraceTokens) return std::nullopt;
  if (std::int64_t{span.begin} + *length > std::int64_t{1} << 32) return std::nullopt;
  span.length = static_cast<std::uint32_t>(*length);
  return span;
}

}  // namespace

bool parse_spans(std::string_view text, SegmentNames& names, std::vector<Span>& out) {
  out.clear();
  while (!text.empty()) {
    const std::size_t space = text.find(' ');
    const auto span = parse_span(text.substr(0, space), names);
    if (!span) return false;
    append_span(out, *span);
    if (space == std::string_view::npos) return true;
    text.remove_prefix(space + 1);
    if (text.empty()) return false;
  }
  return true;
}

void format_spans(const std::vector<Span>& prompt, std::string& out) {
  std::string_view separator;
  for (const Span& span : prompt) {
    out += separator;
    separator = " ";
    auto to = std::back_inserter(out);
    if (SegmentNames::is_fresh(span.segment)) {
      fmt::format_to(to, "u{}", span.length);
    } else if (span.segment.is_output()) {
      fmt::format_to(to, "o{}:{}+{}", output_number(span.segment), span.begin, span.length);
    } else {
      fmt::format_to(to, "{}:{}+{}", span.segment.value() & ((1ULL << kIndexBits) - 1), span.begin, span.length);
    }
  }
}

std::uint64_t output_number(SegmentId output_segment) {
  return output_segment.value() & std::numeric_limits<std::uint32_t>::max();
}

}  // namespace cleave
