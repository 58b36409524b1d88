// cleave's own CSV. Columns and rules: trace/README.md.

#include <charconv>
#include <utility>
#include <vector>

#include "sim/workload/trace/csv_line.h"
#include "sim/workload/trace/line_reader.h"
#include "sim/workload/trace/span_text.h"
#include "sim/workload/trace/trace_reader.h"

namespace cleave {

namespace {

class CleaveReader final : public TraceReader {
 public:
  CleaveReader(const std::string& file, SegmentNames names, Problems& problems)
      : lines_(file, problems), problems_(problems), line_(problems), names_(names) {}

  bool next(TraceRecord& out) override {
    if (!std::exchange(began_, true) && !read_header()) return false;
    while (lines_.next()) {
      if (line_.split(lines_.number(), lines_.text(), kColumns) && read(out)) {
        ++count_;
        return true;
      }
      broken_ = true;
    }
    return false;
  }

 private:
  static constexpr std::size_t kColumns = 8;
  enum Column : std::size_t { request, session, parent, arrival, gap, input, output, prompt };

  // What later rows of the same group may refer to.
  struct Ancestor {
    std::uint64_t number = 0;
    std::optional<std::uint64_t> parent;
    Tokens output;
  };

  bool read_header() {
    const bool any = lines_.next();
    if (any && lines_.text() == kCleaveHeader) return true;
    problems_.add(1, "header", any ? lines_.text() : "nothing", kCleaveHeader);
    return false;
  }

  bool read(TraceRecord& out) {
    if (!read_number(out) || !read_session(out)) return false;
    const auto in_tokens = line_.integer(input, "input_tokens", 1, kMaxTraceTokens);
    const auto out_tokens = line_.integer(output, "output_tokens", 1, kMaxTraceTokens);
    if (!in_tokens || !out_tokens) return false;
    out.line = lines_.number();
    out.input = Tokens{*in_tokens};
    out.output = Tokens{*out_tokens};
    if (line_.text(parent).empty() ? !read_root(out) : !read_follower(out)) return false;
    if (!out.parent) group_.clear();
    group_.push_back({out.number, out.parent, out.output});
    return read_prompt(out);
  }

  bool read_number(TraceRecord& out) {
    const auto number = to_natural(line_.text(request));
    // After a row that was refused, the numbers that follow are taken as they come.
    if (number && (*number == count_ || (broken_ && *number > count_))) {
      count_ = *number;
      out.number = *number;
      broken_ = false;
      return true;
    }
    problems_.add(lines_.number(), "request", line_.text(request), fmt::format("{}: rows are numbered from 0", count_));
    return false;
  }

  bool read_session(TraceRecord& out) {
    out.session = to_natural(line_.text(session));
    if (out.session || line_.text(session).empty()) return true;
    problems_.add(lines_.number(), "session", line_.text(session), "a whole number, or nothing");
    return false;
  }

  bool read_root(TraceRecord& out) {
    out.parent.reset();
    const auto at = line_.seconds(arrival, "arrival_s");
    if (!at) return false;
    if (!line_.text(gap).empty()) {
      problems_.add(lines_.number(), "gap_s", line_.text(gap), "nothing: the row has no parent");
      return false;
    }
    if (*at < last_) {
      problems_.add(lines_.number(), "arrival_s", line_.text(arrival),
                    fmt::format("at least {}: rows without parent are in time order", to_seconds(last_)));
      return false;
    }
    last_ = *at;
    out.at = *at;
    return true;
  }

  bool read_follower(TraceRecord& out) {
    const auto name = to_natural(line_.text(parent));
    if (!name || find(*name) == nullptr) {
      problems_.add(lines_.number(), "parent", line_.text(parent),
                    "an earlier request since the last row without parent, or nothing");
      return false;
    }
    out.parent = *name;
    const auto wait = line_.seconds(gap, "gap_s");
    if (!wait) return false;
    if (!line_.text(arrival).empty()) {
      problems_.add(lines_.number(), "arrival_s", line_.text(arrival), "nothing: the row has a parent");
      return false;
    }
    out.at = *wait;
    return true;
  }

  bool read_prompt(TraceRecord& out) {
    if (!parse_spans(line_.text(prompt), names_, out.prompt)) {
      problems_.add(lines_.number(), "prompt", line_.text(prompt), kSpanGrammar);
      return false;
    }
    std::int64_t sum = 0;
    for (const Span& span : out.prompt) {
      sum += span.length;
      if (span.segment.is_output() && !cites_ancestor(span, out)) return false;
    }
    if (out.prompt.empty()) {
      append_span(out.prompt, {names_.fresh(), 0, static_cast<std::uint32_t>(out.input.value())});
    } else if (sum != out.input.value()) {
      problems_.add(lines_.number(), "prompt", fmt::format("{} tokens", sum),
                    fmt::format("{}, the input_tokens", out.input.value()));
      return false;
    }
    return true;
  }

  // Only an answer that the request waits for is there to be cited.
  bool cites_ancestor(const Span& span, const TraceRecord& record) {
    const std::uint64_t cited = output_number(span.segment);
    std::optional<std::uint64_t> at = record.parent;
    while (at && *at != cited) at = find(*at)->parent;
    if (at && span.begin + std::uint64_t{span.length} <= static_cast<std::uint64_t>(find(*at)->output.value())) {
      return true;
    }
    problems_.add(lines_.number(), "prompt", fmt::format("o{}:{}+{}", cited, span.begin, span.length),
                  "tokens of the answer to its parent, or its parent's parent, ...");
    return false;
  }

  [[nodiscard]] const Ancestor* find(std::uint64_t number) const {
    if (group_.empty() || number < group_.front().number) return nullptr;
    std::size_t i = static_cast<std::size_t>(number - group_.front().number);
    if (i >= group_.size()) i = group_.size() - 1;
    while (i > 0 && group_[i].number > number) --i;  // refused rows leave gaps
    return group_[i].number == number ? &group_[i] : nullptr;
  }

  LineReader lines_;
  Problems& problems_;
  CsvLine line_;
  SegmentNames names_;
  std::vector<Ancestor> group_;  // rows since the last one without parent, itself included
  bool began_ = false;
  bool broken_ = false;
  Duration last_{};
  std::uint64_t count_ = 0;
};

}  // namespace

std::unique_ptr<TraceReader> make_cleave_reader(const std::string& file, SegmentNames names, Problems& problems) {
  return std::make_unique<CleaveReader>(file, names, problems);
}

}  // namespace cleave
