// Traces that are plain rows of time and lengths: Azure's and BurstGPT's. Nothing is known of their prompts.

#include <algorithm>
#include <chrono>
#include <utility>

#include "sim/workload/trace/csv_line.h"
#include "sim/workload/trace/line_reader.h"
#include "sim/workload/trace/trace_reader.h"
#include "sim/workload/trace/wall_clock.h"

namespace cleave {

namespace {

// What both share: a header, rows in time order, prompts of unique text.
class RowReader : public TraceReader {
 public:
  RowReader(const std::string& file, SegmentNames names, Problems& problems, std::string_view header)
      : problems_(problems), line_(problems), lines_(file, problems), names_(names), header_(header) {}

  bool next(TraceRecord& out) override {
    if (!std::exchange(began_, true) && !read_header()) return false;
    while (lines_.next()) {
      if (!line_.split(lines_.number(), lines_.text(), columns()) || !read(out)) continue;
      if (out.at < last_) {
        problems_.add(lines_.number(), "time", line_.text(0), "at least the row before's: rows are in time order");
        continue;
      }
      last_ = out.at;
      out.number = count_++;
      out.line = lines_.number();
      out.prompt.assign({Span{names_.fresh(), 0, static_cast<std::uint32_t>(out.input.value())}});
      return true;
    }
    return false;
  }

 protected:
  /// Sets time and lengths from line_; false when the row is no request.
  [[nodiscard]] virtual bool read(TraceRecord& out) = 0;
  [[nodiscard]] std::uint64_t line_number() const { return lines_.number(); }

  Problems& problems_;
  CsvLine line_;

 private:
  [[nodiscard]] std::size_t columns() const {
    return static_cast<std::size_t>(std::count(header_.begin(), header_.end(), ',')) + 1;
  }
  [[nodiscard]] bool read_header() {
    const bool any = lines_.next();
    if (any && lines_.text() == header_) return true;
    problems_.add(1, "header", any ? lines_.text() : "nothing", header_);
    return false;
  }

  LineReader lines_;
  SegmentNames names_;
  std::string_view header_;
  bool began_ = false;
  Duration last_{};
  std::uint64_t count_ = 0;
};

class AzureReader final : public RowReader {
 public:
  AzureReader(const std::string& file, SegmentNames names, Problems& problems)
      : RowReader(file, names, problems, kAzureHeader) {}

 private:
  bool read(TraceRecord& out) override {
    const auto time = wall_clock(line_.text(0));
    if (!time) problems_.add(line_number(), "TIMESTAMP", line_.text(0), "a time like 2023-11-16 18:15:46.6805900");
    const auto input = line_.integer(1, "ContextTokens", 1, kMaxTraceTokens);
    const auto output = line_.integer(2, "GeneratedTokens", 1, kMaxTraceTokens);
    if (!time || !input || !output) return false;
    if (!zero_) zero_ = *time;
    out.at = *time - *zero_;
    out.input = Tokens{*input};
    out.output = Tokens{*output};
    return true;
  }
  std::optional<Duration> zero_;
};

class BurstgptReader final : public RowReader {
 public:
  BurstgptReader(const std::string& file, SegmentNames names, Problems& problems)
      : RowReader(file, names, problems, kBurstgptHeader) {}
  TraceNotes notes() const override { return {.failed_rows = failed_}; }

 private:
  bool read(TraceRecord& out) override {
    const auto at = line_.seconds(0, "Timestamp");
    const auto output = line_.integer(3, "Response tokens", 0, kMaxTraceTokens);
    const bool failed = output && *output == 0;
    const auto input = line_.integer(2, "Request tokens", failed ? 0 : 1, kMaxTraceTokens);
    const auto total = line_.integer(4, "Total tokens", 0, 2 * kMaxTraceTokens);
    if (!at || !input || !output || !total) return false;
    if (*total != *input + *output) {
      problems_.add(line_number(), "Total tokens", *total, fmt::format("{}, request and response", *input + *output));
      return false;
    }
    if (failed) {
      ++failed_;
      return false;
    }
    out.at = *at;
    out.input = Tokens{*input};
    out.output = Tokens{*output};
    return true;
  }
  std::uint64_t failed_ = 0;
};

}  // namespace

std::unique_ptr<TraceReader> make_azure_reader(const std::string& file, SegmentNames names, Problems& problems) {
  return std::make_unique<AzureReader>(file, names, problems);
}

std::unique_ptr<TraceReader> make_burstgpt_reader(const std::string& file, SegmentNames names, Problems& problems) {
  return std::make_unique<BurstgptReader>(file, names, problems);
}

}  // namespace cleave
