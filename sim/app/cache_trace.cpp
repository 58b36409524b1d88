#include "sim/app/cache_trace.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <unordered_map>

#include "models/units/error.h"
#include "sim/kv/eviction/key_table.h"
#include "sim/workload/block_keys.h"
#include "sim/workload/trace/recorded_blocks.h"
#include "sim/workload/trace/trace_reader.h"

namespace cleave {

namespace {

constexpr Tokens kDefaultBlock{16};

/// Numbers blocks as they appear.
class StreamBuilder {
 public:
  StreamBuilder(Tokens block_size, bool recorded) : recorded_(recorded), chain_(0, block_size) {
    stream_.block_size = block_size;
  }

  void add(const TraceRecord& record) {
    if (recorded_) {
      for_each_recorded_block(record.prompt, stream_.block_size,
                              [this](std::uint64_t name, std::uint32_t) { look_up(BlockKey{name}); });
    } else {
      keys_.clear();
      chain_.prompt_keys(record.prompt, keys_);
      for (const BlockKey key : keys_) look_up(key);
    }
    stream_.begins.push_back(stream_.blocks.size());
    stream_.inputs.push_back(record.input);
    stream_.arrivals.push_back(arrival(record));
    stream_.sessions.push_back(session(record));
    groups_.push_back(record.parent ? groups_.back() : groups_.empty() ? 0 : groups_.back() + 1);
  }

  [[nodiscard]] std::size_t look_ups() const { return stream_.blocks.size(); }

  BlockStream take() {
    stream_.unique = static_cast<std::uint32_t>(names_.size());
    if (!std::is_sorted(stream_.arrivals.begin(), stream_.arrivals.end())) sort_by_arrival();
    find_ends();
    return std::move(stream_);
  }

 private:
  void look_up(BlockKey name) {
    const std::optional<Slot> known = names_.find(name);
    stream_.blocks.push_back((known ? *known : names_.insert(name)).value());
  }
  // Records follow their root; a parent's date is that of its record, by number.
  TimePoint arrival(const TraceRecord& record) {
    if (!record.parent) first_ = record.number;
    dates_.resize(record.number - first_ + 1);
    const TimePoint since = record.parent ? dates_[*record.parent - first_] : kStartOfTime;
    return dates_.back() = since + record.at;
  }

  // By the trace's own name; else a root and the records that wait for it, directly or not, are one.
  std::uint32_t session(const TraceRecord& record) {
    if (record.session)
      return named_.try_emplace(*record.session, sessions_).second ? sessions_++ : named_[*record.session];
    return record.parent ? stream_.sessions.back() : sessions_++;
  }

  // Requests that wait for each other end with the last of them; one alone never said that it was a session. A trace
  // that only names sessions does not say which request was the last: that is known only when the trace is over.
  void find_ends() {
    const std::size_t groups = groups_.empty() ? 0 : *std::max_element(groups_.begin(), groups_.end()) + 1;
    std::vector<std::uint32_t> requests(groups, 0);
    for (const std::uint32_t group : groups_) ++requests[group];
    stream_.closes.assign(stream_.requests(), false);
    std::vector<bool> seen(groups, false);
    for (std::size_t i = stream_.requests(); i-- > 0;) {
      stream_.closes[i] = !seen[groups_[i]] && requests[groups_[i]] > 1;
      seen[groups_[i]] = true;
    }
  }

  // Formats with sessions tell one session after another.
  void sort_by_arrival() {
    std::vector<std::size_t> order(stream_.requests());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [this](std::size_t a, std::size_t b) { return stream_.arrivals[a] < stream_.arrivals[b]; });
    BlockStream sorted;
    std::vector<std::uint32_t> groups;
    sorted.block_size = stream_.block_size;
    sorted.unique = stream_.unique;
    for (const std::size_t i : order) {
      const auto blocks = stream_.request(i);
      sorted.blocks.insert(sorted.blocks.end(), blocks.begin(), blocks.end());
      sorted.begins.push_back(sorted.blocks.size());
      sorted.inputs.push_back(stream_.inputs[i]);
      sorted.arrivals.push_back(stream_.arrivals[i]);
      sorted.sessions.push_back(stream_.sessions[i]);
      groups.push_back(groups_[i]);
    }
    stream_ = std::move(sorted);
    groups_ = std::move(groups);
  }

  bool recorded_;
  BlockKeyChain chain_;
  std::vector<BlockKey> keys_;
  KeyTable names_;
  BlockStream stream_;
  std::uint64_t first_ = 0;       // number of the latest root
  std::vector<TimePoint> dates_;  // from it on
  std::unordered_map<std::uint64_t, std::uint32_t> named_;
  std::uint32_t sessions_ = 0;
  std::vector<std::uint32_t> groups_;  // by request: a root and the records that wait for it, directly or not, are one
};

bool names_prompts(TraceFormat format) {
  return format != TraceFormat::azure && format != TraceFormat::burstgpt;
}

}  // namespace

BlockStream read_block_stream(const BlockTraceParams& params) {
  TraceParams source;
  source.path = params.file;
  source.format = params.format ? *params.format : detect_format(params.file);
  if (!names_prompts(source.format)) {
    throw ConfigError(fmt::format("{}: a trace of format `{}` does not say which prompts share tokens", params.file,
                                  format_name(source.format)));
  }
  Problems problems(source.path);
  const auto reader = open_trace(source, SegmentNames{ClassId{}}, problems);
  std::optional<StreamBuilder> builder;
  TraceRecord record;
  while (reader->next(record)) {
    if (!builder) {  // a format may learn its block size from the first record
      const bool recorded = !params.block_size && reader->block_size();
      builder.emplace(recorded ? *reader->block_size() : params.block_size.value_or(kDefaultBlock), recorded);
    }
    builder->add(record);
    if (builder->look_ups() >= kNeverUsed) throw ConfigError(params.file + ": more than 4 294 967 294 block look-ups");
  }
  if (!builder) throw ConfigError(params.file + ": holds no request");
  BlockStream stream = builder->take();
  if (stream.blocks.empty()) {
    throw ConfigError(fmt::format("{}: no prompt fills a block of {} tokens; expected a smaller --block-size",
                                  params.file, stream.block_size.value()));
  }
  return stream;
}

}  // namespace cleave
