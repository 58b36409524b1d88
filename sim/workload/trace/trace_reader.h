#pragma once
// Recorded traces, one record at a time, whatever their format.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/units/units.h"
#include "sim/workload/params.h"
#include "sim/workload/request.h"
#include "sim/workload/segment_names.h"
#include "sim/workload/trace/problems.h"

namespace cleave {

/// One request as a trace tells it. A record without a parent is a root: it arrives at its own time, roots in time
/// order. A record with a parent follows its root before the next root does, and waits for the parent's answer.
/// Shape: `prompt` is normalised and sums to `input`; an output segment in it names its request by record number.
struct TraceRecord {
  std::uint64_t number = 0;              // from 0, without gaps
  std::uint64_t line = 0;                // in the file
  Duration at{};                         // root: arrival on the trace's clock; else: gap after the parent's answer
  std::optional<std::uint64_t> parent;   // number of an earlier record since the last root, itself included
  std::optional<std::uint64_t> session;  // the trace's own name; none: a session of its own (or its root's)
  Tokens input;
  Tokens output;
  std::vector<Span> prompt;
};

/// What a reader did to rows that no request can stand for.
struct TraceNotes {
  std::uint64_t failed_rows = 0;     // skipped: they record a failed request
  std::uint64_t raised_outputs = 0;  // an output of zero tokens became one: aborted, but its prompt was load
};

/// Streams a trace in memory that does not grow with it, apart from what a format's own sessions need.
/// Errors: each malformed row is reported to the Problems given to the factory, and skipped when those are gathered.
class TraceReader {
 public:
  virtual ~TraceReader() = default;
  /// Fills `out` (its storage is reused); false at the end.
  [[nodiscard]] virtual bool next(TraceRecord& out) = 0;
  [[nodiscard]] virtual TraceNotes notes() const { return {}; }
  /// Tokens of the blocks by which the trace names its prompts, where it does.
  [[nodiscard]] virtual std::optional<Tokens> block_size() const { return std::nullopt; }
};

/// Longest prompt or answer: spans count tokens in 32 bits.
inline constexpr std::int64_t kMaxTraceTokens = (1LL << 31) - 1;

/// Opens the trace that `params` names. `problems` outlives the reader; it carries the file's name.
[[nodiscard]] std::unique_ptr<TraceReader> open_trace(const TraceParams& params, SegmentNames names,
                                                      Problems& problems);

/// Tells the format from the first line. Errors: ConfigError when it is none of the known ones.
[[nodiscard]] TraceFormat detect_format(const std::string& file);

[[nodiscard]] std::string_view format_name(TraceFormat format);
[[nodiscard]] std::optional<TraceFormat> format_by_name(std::string_view name);

// One factory a format; open_trace() chooses.

/// JSON lines {timestamp ms, input_length, output_length, hash_ids, session?}; blocks of 512 tokens.
[[nodiscard]] std::unique_ptr<TraceReader> make_mooncake_reader(const std::string& file, SegmentNames names,
                                                                SessionLinkage linkage, Problems& problems);
/// CSV TIMESTAMP,ContextTokens,GeneratedTokens; time zero is the first row.
[[nodiscard]] std::unique_ptr<TraceReader> make_azure_reader(const std::string& file, SegmentNames names,
                                                             Problems& problems);
/// CSV Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type. Rows without an answer failed: skipped.
[[nodiscard]] std::unique_ptr<TraceReader> make_burstgpt_reader(const std::string& file, SegmentNames names,
                                                                Problems& problems);
/// JSON lines, one recorded agent session each; see trace/README.md.
[[nodiscard]] std::unique_ptr<TraceReader> make_agentic_reader(const TraceParams& params, SegmentNames names,
                                                               Problems& problems);
/// cleave's own CSV; see trace/README.md.
[[nodiscard]] std::unique_ptr<TraceReader> make_cleave_reader(const std::string& file, SegmentNames names,
                                                              Problems& problems);

inline constexpr std::string_view kAzureHeader = "TIMESTAMP,ContextTokens,GeneratedTokens";
inline constexpr std::string_view kBurstgptHeader =
    "Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type";
inline constexpr std::string_view kCleaveHeader =
    "request,session,parent,arrival_s,gap_s,input_tokens,output_tokens,prompt";

}  // namespace cleave
