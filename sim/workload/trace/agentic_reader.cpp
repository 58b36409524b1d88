// Recorded agent sessions, one a line. A session's turns wait for each other: it is a closed loop of its own.

#include <algorithm>
#include <map>
#include <string>
#include <unordered_set>
#include <vector>

#include "sim/workload/trace/json_fields.h"
#include "sim/workload/trace/line_reader.h"
#include "sim/workload/trace/trace_reader.h"

namespace cleave {

namespace {

using Element = std::optional<simdjson::dom::element>;
constexpr std::int64_t kSecond = 1'000'000'000;

// What a later turn's gap is computed from.
struct Recorded {
  std::uint64_t number = 0;
  Duration start{};
  std::optional<Duration> took;
};

class AgenticReader final : public TraceReader {
 public:
  AgenticReader(const TraceParams& params, SegmentNames names, Problems& problems)
      : lines_(params.path, problems),
        problems_(problems),
        names_(names),
        interval_(params.session_interval),
        max_gap_(params.max_gap) {}

  TraceNotes notes() const override { return {.raised_outputs = raised_}; }
  std::optional<Tokens> block_size() const override { return block_; }

  bool next(TraceRecord& out) override {
    while (used_ == held_) {
      if (!lines_.next()) return false;
      read_line();
    }
    std::swap(out, records_[used_++]);
    return true;
  }

 private:
  enum SessionField { kSession, kTrace, kModels, kBlockSize, kToolTokens, kSystemTokens, kRequests };
  static constexpr std::array<std::string_view, 7> kSessionFields = {
      "session", "trace", "models", "block_size", "tool_tokens", "system_tokens", "requests"};
  enum RequestField { kStart, kInput, kOutput, kType, kModel, kStop, kApiTime, kThinkTime, kTtft, kSubagent, kRuns };
  static constexpr std::array<std::string_view, 11> kRequestFields = {
      "t", "in", "out", "type", "model", "stop", "api_time", "think_time", "ttft", "sub", "runs"};

  // Reads a whole session; on a problem none of its requests is kept.
  void read_line() {
    used_ = 0;
    held_ = 0;
    const std::uint64_t first = count_;
    const auto object = parse_object(parser_, lines_.text(), lines_.number(), problems_);
    if (object && read_session(*object)) {
      ++sessions_;
    } else {
      held_ = 0;
      count_ = first;
    }
  }

  bool read_session(simdjson::dom::object object) {
    const JsonPlace place{problems_, lines_.number()};
    std::array<Element, 7> fields;
    if (!read_fields(object, kSessionFields, fields, place)) return false;
    const auto name = read_integer(fields[kSession], "session", 0, 1LL << 50, place);
    const auto block = read_integer(fields[kBlockSize], "block_size", 1, 65536, place);
    simdjson::dom::array turns;
    if (!name || !block) return false;
    if (!fields[kRequests] || fields[kRequests]->get_array().get(turns) != simdjson::SUCCESS || turns.size() == 0) {
      problems_.add_at(place.line, "requests: is missing or empty, expected a list of requests");
      return false;
    }
    if (!seen_.insert(*name).second) {
      problems_.add(place.line, "session", *name, "a session not seen before");
      return false;
    }
    block_ = Tokens{*block};
    main_.reset();
    subagents_.clear();
    std::size_t index = 0;
    Duration last{};
    for (const simdjson::dom::element turn : turns) {
      const JsonPlace inside{problems_, place.line, fmt::format("requests[{}].", index++)};
      if (!read_turn(turn, static_cast<std::uint64_t>(*name), last, inside)) return false;
    }
    return true;
  }

  bool read_turn(simdjson::dom::element turn, std::uint64_t name, Duration& last, const JsonPlace& place) {
    simdjson::dom::object object;
    if (turn.get_object().get(object) != simdjson::SUCCESS) {
      place.add("", turn, "an object");
      return false;
    }
    std::array<Element, 11> fields;
    if (!read_fields(object, kRequestFields, fields, place)) return false;
    const auto start = read_time(fields[kStart], "t", kSecond, place);
    const auto input = read_integer(fields[kInput], "in", 1, kMaxTraceTokens, place);
    const auto output = read_integer(fields[kOutput], "out", 0, kMaxTraceTokens, place);
    if (!start || !input || !output) return false;
    if (*start < last) {
      place.add("t", *fields[kStart], "at least the request before's: requests are in time order");
      return false;
    }
    last = *start;
    TraceRecord& record = take_record();
    record.number = count_++;
    record.line = place.line;
    record.session = name;
    record.input = Tokens{*input};
    record.output = Tokens{std::max<std::int64_t>(*output, 1)};
    if (*output == 0) ++raised_;
    return place_in_time(record, *start, fields, place) && lay_out(fields[kRuns], *input, record.prompt, place);
  }

  // The lane's turn before is the parent; a sub-agent's first turn follows the session's own latest request.
  bool place_in_time(TraceRecord& record, Duration start, const std::array<Element, 11>& fields,
                     const JsonPlace& place) {
    std::optional<Duration> took;
    std::optional<Duration> think;
    if (fields[kApiTime] && !(took = read_time(fields[kApiTime], "api_time", kSecond, place))) return false;
    if (fields[kThinkTime] && !(think = read_time(fields[kThinkTime], "think_time", kSecond, place))) return false;
    std::string_view agent;
    if (fields[kSubagent] && fields[kSubagent]->get_string().get(agent) != simdjson::SUCCESS) {
      place.add("sub", *fields[kSubagent], "the name of a sub-agent");
      return false;
    }
    std::optional<Recorded>& lane = agent.empty() ? main_ : subagents_[std::string(agent)];
    const std::optional<Recorded>& before = lane ? lane : main_;
    if (record.number == first_number()) {
      record.parent.reset();
      record.at = interval_ * static_cast<std::int64_t>(sessions_);
    } else {
      const Recorded parent = before.value_or(Recorded{first_number(), {}, std::nullopt});
      record.parent = parent.number;
      const Duration since = std::max(start - parent.start - parent.took.value_or(Duration{}), Duration{});
      record.at = std::min(lane && think ? *think : since, max_gap_);
    }
    lane = Recorded{record.number, start, took};
    return true;
  }

  // Runs are [first id, count] of full blocks. Ids are local to the session: its segment's tokens, block by block.
  bool lay_out(Element value, std::int64_t input, std::vector<Span>& prompt, const JsonPlace& place) {
    const std::int64_t block = block_->value();
    prompt.clear();
    std::int64_t covered = 0;
    simdjson::dom::array list;
    if (!value || value->get_array().get(list) != simdjson::SUCCESS) {
      place.problems.add_at(place.line, place.where + "runs: is missing or no list");
      return false;
    }
    for (const simdjson::dom::element item : list) {
      simdjson::dom::array pair;
      std::int64_t first = 0;
      std::int64_t count = 0;
      if (item.get_array().get(pair) != simdjson::SUCCESS || pair.size() != 2 ||
          pair.at(0).get_int64().get(first) != simdjson::SUCCESS ||
          pair.at(1).get_int64().get(count) != simdjson::SUCCESS || first < 0 || count < 1 ||
          first > kMaxTraceTokens / block || count > kMaxTraceTokens / block) {
        place.add("runs", item, "[first block id, number of blocks]");
        return false;
      }
      append_span(prompt, {names_.recorded(sessions_), static_cast<std::uint32_t>(first * block),
                           static_cast<std::uint32_t>(count * block)});
      covered += count;
    }
    if (covered != input / block) {
      place.problems.add(place.line, place.where + "runs", fmt::format("{} blocks", covered),
                         fmt::format("{} full blocks for {} tokens", input / block, input));
      return false;
    }
    append_span(prompt, {names_.fresh(), 0, static_cast<std::uint32_t>(input % block)});
    return true;
  }

  TraceRecord& take_record() {
    if (held_ == records_.size()) records_.emplace_back();
    return records_[held_++];
  }
  [[nodiscard]] std::uint64_t first_number() const { return count_ - held_; }

  LineReader lines_;
  Problems& problems_;
  SegmentNames names_;
  Duration interval_;
  Duration max_gap_;
  simdjson::dom::parser parser_;
  std::vector<TraceRecord> records_;  // of the current session; the first held_ are valid, used_ of them given away
  std::size_t held_ = 0;
  std::size_t used_ = 0;
  std::optional<Tokens> block_;
  std::optional<Recorded> main_;  // latest request of the session's own lane
  std::map<std::string, std::optional<Recorded>> subagents_;
  std::unordered_set<std::int64_t> seen_;
  std::uint64_t sessions_ = 0;
  std::uint64_t count_ = 0;
  std::uint64_t raised_ = 0;
};

}  // namespace

std::unique_ptr<TraceReader> make_agentic_reader(const TraceParams& params, SegmentNames names, Problems& problems) {
  return std::make_unique<AgenticReader>(params, names, problems);
}

}  // namespace cleave
