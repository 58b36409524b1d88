#include "sim/kv/index/event_feed.h"

#include <algorithm>

namespace cleave {
namespace {

// A stored block's tokens (4 bytes each), its hash and its parent's; a removed block's hash; a batch's header with
// sequence number, time stamp and source. Sizes after vLLM's BlockStored and BlockRemoved.
constexpr std::uint64_t kTokenBytes = 4;
constexpr std::uint64_t kHashBytes = 8;
constexpr std::uint64_t kHeaderBytes = 32;

}  // namespace

bool EventFeed::append(const FeedEvent& event) {
  if (!log_.empty() && event.kind != FeedEvent::Kind::cleared) {
    FeedEvent& last = log_.back();
    if (last.at == event.at && last.kind == event.kind && last.keys.node == event.keys.node) {
      last.keys.bits |= event.keys.bits;
      return false;
    }
  }
  log_.push_back(event);
  return true;
}

TimePoint EventFeed::leaves(TimePoint event) const {
  if (params_.batch_interval <= Duration{0}) return event;
  const auto intervals = (event.time_since_epoch() + params_.batch_interval - Duration{1}) / params_.batch_interval;
  return TimePoint{intervals * params_.batch_interval};
}

bool EventFeed::lost(std::uint64_t number) const {
  if (params_.loss <= 0) return false;
  Rng draw = losses_.below(number);
  return uniform01(draw) < params_.loss;
}

std::uint64_t EventFeed::bytes_until(TimePoint until) const {
  std::uint64_t bytes = kHeaderBytes;
  for (const FeedEvent& event : log_) {
    if (event.at > until) break;
    const bool stored = event.kind == FeedEvent::Kind::stored;
    const std::uint64_t each =
        stored ? kTokenBytes * static_cast<std::uint64_t>(params_.block_size.value()) + 2 * kHashBytes : kHashBytes;
    bytes += event.kind == FeedEvent::Kind::cleared ? each : each * event.keys.count();
  }
  return bytes;
}

std::optional<TimePoint> EventFeed::gap_found(TimePoint now) {
  std::uint64_t number = sent_;
  for (auto at = log_.begin(); at != log_.end();) {
    const TimePoint leave = leaves(at->at);
    if (leave + params_.delay > now) return std::nullopt;
    if (!lost(number)) {
      replayed_ = number;
      return leave + params_.delay;
    }
    while (at != log_.end() && leaves(at->at) == leave) ++at;
    ++number;
  }
  return std::nullopt;
}

std::optional<EventFeed::Batch> EventFeed::next_batch(TimePoint now, IndexCounters& counters) {
  if (log_.empty() || (gap_closes_ && *gap_closes_ > now)) return std::nullopt;
  const TimePoint leave = leaves(log_.front().at);
  if (leave + params_.delay > now) return std::nullopt;
  const std::uint64_t bytes = bytes_until(leave);
  if (sent_ < replayed_ || !lost(sent_)) {
    ++counters.batches;
    counters.event_bytes += bytes;
    counters.resync_bytes += sent_ < replayed_ ? bytes : 0;
    ++sent_;
    return Batch{leave, true};
  }
  if (params_.resync == Resync::none) {
    ++counters.batches;
    ++counters.batches_lost;
    counters.event_bytes += bytes;
    ++sent_;
    return Batch{leave, false};
  }
  // A gap shows when a later batch arrives; then what is missing is sent again.
  const std::optional<TimePoint> found = gap_found(now);
  if (!found) return std::nullopt;
  counters.batches_lost += replayed_ - sent_;
  ++counters.resyncs;
  gap_closes_ = *found + params_.resync_delay;
  return next_batch(now, counters);
}

TimePoint EventFeed::as_of(TimePoint now) const {
  const TimePoint heard = std::max(kStartOfTime, now - params_.delay);
  const TimePoint complete = params_.batch_interval > Duration{0}
                                 ? TimePoint{heard.time_since_epoch() / params_.batch_interval * params_.batch_interval}
                                 : heard;
  // What is still in the log has not been heard of.
  return log_.empty() ? complete : std::min(complete, log_.front().at);
}

}  // namespace cleave
