// Mooncake's JSON lines. hash_ids name the 512-token blocks of the prompt; an id stands for its block and all before
// it.

#include <algorithm>
#include <vector>

#include "sim/workload/trace/json_fields.h"
#include "sim/workload/trace/line_reader.h"
#include "sim/workload/trace/prefix_linker.h"
#include "sim/workload/trace/trace_reader.h"

namespace cleave {

namespace {

constexpr std::int64_t kBlock = 512;
// Ids are laid out as tokens of a few long segments, so that consecutive ids become one span.
constexpr unsigned kIdsPerSegmentLog2 = 23;  // times 512 tokens: 2^32
constexpr std::int64_t kMaxId = (1LL << 53) - 1;

class MooncakeReader final : public TraceReader {
 public:
  MooncakeReader(const std::string& file, SegmentNames names, SessionLinkage linkage, Problems& problems)
      : lines_(file, problems), problems_(problems), names_(names), linkage_(linkage) {}

  std::optional<Tokens> block_size() const override { return Tokens{kBlock}; }
  TraceNotes notes() const override { return {.raised_outputs = raised_}; }

  bool next(TraceRecord& out) override {
    while (lines_.next()) {
      const auto object = parse_object(parser_, lines_.text(), lines_.number(), problems_);
      if (object && read(*object, out)) {
        out.number = count_++;
        out.line = lines_.number();
        return true;
      }
    }
    return false;
  }

 private:
  enum Field { timestamp, input_length, output_length, hash_ids, session };
  static constexpr std::array<std::string_view, 5> kFields = {"timestamp", "input_length", "output_length", "hash_ids",
                                                              "session"};

  bool read(simdjson::dom::object object, TraceRecord& out) {
    const JsonPlace place{problems_, lines_.number()};
    std::array<std::optional<simdjson::dom::element>, 5> fields;
    if (!read_fields(object, kFields, fields, place)) return false;
    const auto at = read_time(fields[timestamp], "timestamp", 1'000'000, place);
    const auto input = read_integer(fields[input_length], "input_length", 1, kMaxTraceTokens, place);
    // Traces with sessions record aborted requests too.
    const std::int64_t least = fields[session] ? 0 : 1;
    const auto output = read_integer(fields[output_length], "output_length", least, kMaxTraceTokens, place);
    if (!read_ids(fields[hash_ids], place) || !at || !input || !output) return false;
    if (!check_time(*at, fields[timestamp], place)) return false;
    if (!check_count(*input, fields[session].has_value(), place)) return false;
    out.at = *at;
    out.parent.reset();
    out.input = Tokens{*input};
    out.output = Tokens{std::max<std::int64_t>(*output, 1)};
    if (*output == 0) ++raised_;
    if (!read_session(fields[session], *input, out.session, place)) return false;
    lay_out(*input, out.prompt);
    return true;
  }

  bool check_time(Duration at, std::optional<simdjson::dom::element> value, const JsonPlace& place) {
    if (at < last_) {
      place.add("timestamp", *value, fmt::format("at least {} ms: rows are in time order", to_seconds(last_) * 1e3));
      return false;
    }
    last_ = at;
    return true;
  }

  bool read_ids(std::optional<simdjson::dom::element> value, const JsonPlace& place) {
    simdjson::dom::array array;
    if (!value) {
      place.missing("hash_ids");
      return false;
    }
    if (value->get_array().get(array) != simdjson::SUCCESS) {
      place.add("hash_ids", *value, "a list of block ids");
      return false;
    }
    ids_.clear();
    bool ascending = true;
    for (const simdjson::dom::element item : array) {
      const auto id = read_integer(item, "hash_ids", 0, kMaxId, place);
      if (!id) return false;
      ascending = ascending && (ids_.empty() || ids_.back() < static_cast<std::uint64_t>(*id));
      ids_.push_back(static_cast<std::uint64_t>(*id));
    }
    return ascending || check_distinct(place);
  }

  bool check_distinct(const JsonPlace& place) {
    sorted_ = ids_;
    std::sort(sorted_.begin(), sorted_.end());
    const auto twice = std::adjacent_find(sorted_.begin(), sorted_.end());
    if (twice == sorted_.end()) return true;
    place.problems.add(place.line, "hash_ids", *twice, "each id once in a request");
    return false;
  }

  // Every block has an id, the last one partial; traces with sessions may leave the partial block unnamed.
  bool check_count(std::int64_t input, bool has_session, const JsonPlace& place) {
    const auto given = static_cast<std::int64_t>(ids_.size());
    const std::int64_t all = blocks_needed(Tokens{input}, Tokens{kBlock});
    const std::int64_t full = full_blocks(Tokens{input}, Tokens{kBlock});
    if (given == all || (has_session && given == full)) return true;
    place.problems.add(place.line, "hash_ids", fmt::format("{} ids", given),
                       fmt::format("{} ids for an input_length of {}", all, input));
    return false;
  }

  bool read_session(std::optional<simdjson::dom::element> value, std::int64_t input, std::optional<std::uint64_t>& name,
                    const JsonPlace& place) {
    name.reset();
    if (value) {
      const auto number = read_integer(value, "session", 0, kMaxId, place);
      if (!number) return false;
      name = static_cast<std::uint64_t>(*number);
    } else if (linkage_ == SessionLinkage::prefix) {
      const auto full = static_cast<std::size_t>(full_blocks(Tokens{input}, Tokens{kBlock}));
      name = linker_.session_of(std::span(ids_).first(full));
    }
    return true;
  }

  void lay_out(std::int64_t input, std::vector<Span>& prompt) {
    prompt.clear();
    std::int64_t left = input;
    for (const std::uint64_t id : ids_) {
      const auto length = static_cast<std::uint32_t>(std::min(left, kBlock));
      const std::uint64_t in_segment = id & ((1ULL << kIdsPerSegmentLog2) - 1);
      append_span(prompt,
                  {names_.recorded(id >> kIdsPerSegmentLog2), static_cast<std::uint32_t>(in_segment * kBlock), length});
      left -= length;
    }
    if (left > 0) append_span(prompt, {names_.fresh(), 0, static_cast<std::uint32_t>(left)});
  }

  LineReader lines_;
  Problems& problems_;
  SegmentNames names_;
  SessionLinkage linkage_;
  simdjson::dom::parser parser_;
  PrefixLinker linker_;
  std::vector<std::uint64_t> ids_;
  std::vector<std::uint64_t> sorted_;
  Duration last_{};
  std::uint64_t count_ = 0;
  std::uint64_t raised_ = 0;
};

}  // namespace

std::unique_ptr<TraceReader> make_mooncake_reader(const std::string& file, SegmentNames names, SessionLinkage linkage,
                                                  Problems& problems) {
  return std::make_unique<MooncakeReader>(file, names, linkage, problems);
}

}  // namespace cleave
