#include "sim/workload/trace/trace_stats.h"

#include <algorithm>
#include <cmath>
#include <unordered_set>

#include "sim/workload/block_keys.h"
#include "sim/workload/trace/name_set.h"
#include "sim/workload/trace/recorded_blocks.h"

namespace cleave {

namespace {

constexpr Duration kMinute = std::chrono::minutes{1};
constexpr Tokens kDefaultBlock{16};

double percentile(const std::vector<std::uint32_t>& sorted, double share) {
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  const double low = sorted[below];
  return low + (place - static_cast<double>(below)) * (static_cast<double>(sorted[above]) - low);
}

LengthStats length_stats(std::vector<std::uint32_t>& lengths) {
  LengthStats stats;
  if (lengths.empty()) return stats;
  std::sort(lengths.begin(), lengths.end());
  for (const std::uint32_t length : lengths) stats.total += length;
  stats.mean = static_cast<double>(stats.total) / static_cast<double>(lengths.size());
  stats.p5 = percentile(lengths, 0.05);
  stats.p50 = percentile(lengths, 0.50);
  stats.p90 = percentile(lengths, 0.90);
  stats.p95 = percentile(lengths, 0.95);
  stats.p99 = percentile(lengths, 0.99);
  stats.max = lengths.back();
  return stats;
}

class ArrivalCounter {
 public:
  void add(Duration at) {
    if (stats_.count == 0) stats_.first = at;
    if (stats_.count == 0 || at > stats_.last) ++stats_.distinct_times;
    stats_.last = at;
    ++stats_.count;
    const auto minute = static_cast<std::size_t>(at / kMinute);
    if (minute >= minutes_.size()) minutes_.resize(minute + 1);
    ++minutes_[minute];
  }

  ArrivalStats result() {
    const double span = to_seconds(stats_.last - stats_.first);
    if (span > 0) stats_.per_second = static_cast<double>(stats_.count) / span;
    if (minutes_.size() >= 3) {
      minutes_.pop_back();  // the last minute is not whole
      const auto whole = static_cast<double>(minutes_.size());
      double sum = 0;
      double squares = 0;
      for (const std::uint64_t count : minutes_) {
        sum += static_cast<double>(count);
        squares += static_cast<double>(count) * static_cast<double>(count);
        stats_.peak_minute = std::max(stats_.peak_minute, count);
      }
      const double mean = sum / whole;
      stats_.per_minute = mean;
      if (mean > 0) stats_.index_of_dispersion = (squares - whole * mean * mean) / (whole - 1) / mean;
    }
    return stats_;
  }

 private:
  ArrivalStats stats_;
  std::vector<std::uint64_t> minutes_;
};

class BlockCounter {
 public:
  BlockCounter(Tokens size, bool recorded) : chain_(0, size) {
    stats_.block_size = size;
    stats_.recorded = recorded;
  }

  void add(const TraceRecord& record) { stats_.recorded ? add_recorded(record) : add_chained(record); }

  BlockStats result(std::int64_t input_tokens) {
    stats_.unique = seen_.size();
    const auto hits = static_cast<double>(stats_.accesses - stats_.unique);
    if (stats_.accesses > 0) stats_.hit_ratio_blocks = hits / static_cast<double>(stats_.accesses);
    if (input_tokens > 0)
      stats_.hit_ratio_tokens = static_cast<double>(hit_tokens_) / static_cast<double>(input_tokens);
    return stats_;
  }

 private:
  void add_recorded(const TraceRecord& record) {
    for_each_recorded_block(record.prompt, stats_.block_size,
                            [this](std::uint64_t name, std::uint32_t tokens) { access(name, tokens); });
  }
  void add_chained(const TraceRecord& record) {
    keys_.clear();
    chain_.prompt_keys(record.prompt, keys_);
    for (const BlockKey key : keys_) access(static_cast<std::uint64_t>(key), chain_.block_size().value());
  }
  void access(std::uint64_t name, std::int64_t tokens) {
    ++stats_.accesses;
    if (!seen_.insert(name)) hit_tokens_ += tokens;
  }

  BlockStats stats_;
  BlockKeyChain chain_;
  std::vector<BlockKey> keys_;
  NameSet seen_;
  std::int64_t hit_tokens_ = 0;
};

bool names_prompts(TraceFormat format) {
  return format != TraceFormat::azure && format != TraceFormat::burstgpt;
}

}  // namespace

TraceStats trace_stats(TraceReader& reader, TraceFormat format, std::optional<Tokens> block_size) {
  TraceStats stats;
  ArrivalCounter arrivals;
  std::optional<BlockCounter> blocks;
  std::vector<std::uint32_t> inputs;
  std::vector<std::uint32_t> outputs;
  std::unordered_set<std::uint64_t> sessions;
  TraceRecord record;
  while (reader.next(record)) {
    if (!blocks && names_prompts(format)) {  // a format may learn its block size from the first record
      const bool recorded = !block_size && reader.block_size();
      blocks.emplace(recorded ? *reader.block_size() : block_size.value_or(kDefaultBlock), recorded);
    }
    ++stats.requests;
    record.parent ? static_cast<void>(++stats.waiting_requests) : arrivals.add(record.at);
    if (record.session) sessions.insert(*record.session);
    inputs.push_back(static_cast<std::uint32_t>(record.input.value()));
    outputs.push_back(static_cast<std::uint32_t>(record.output.value()));
    if (blocks) blocks->add(record);
  }
  if (!sessions.empty()) stats.sessions = sessions.size();
  stats.arrivals = arrivals.result();
  stats.input = length_stats(inputs);
  stats.output = length_stats(outputs);
  if (blocks) stats.blocks = blocks->result(stats.input.total);
  stats.notes = reader.notes();
  return stats;
}

}  // namespace cleave
