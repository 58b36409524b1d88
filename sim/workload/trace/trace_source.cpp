// Replays a trace: window, scale, ticks, sessions, and requests that wait for answers.

#include <algorithm>
#include <queue>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "models/units/check.h"
#include "models/units/slot_pool.h"
#include "sim/workload/param_check.h"
#include "sim/workload/sources.h"
#include "sim/workload/trace/span_text.h"
#include "sim/workload/trace/trace_reader.h"

namespace cleave {

namespace {

// A root and the records that wait for it, directly or not.
struct Group {
  std::uint64_t first_record = 0;
  std::optional<SessionId> session;
  std::vector<std::optional<RequestId>> requests;  // by record number - first_record
  std::uint32_t live = 0;                          // records not yet ended
};

struct Item {
  TraceRecord record;
  std::optional<std::uint32_t> group;
  std::vector<std::uint32_t> followers;  // slots of the records that wait for this one's answer
};

// A root whose time has been fixed, or a follower whose parent has ended. Ties: file order.
struct Due {
  TimePoint time;
  std::uint64_t record = 0;
  std::uint32_t slot = 0;
  bool operator>(const Due& other) const { return std::tie(time, record) > std::tie(other.time, other.record); }
};

struct KnownSession {
  SessionId id;
  std::uint32_t requests = 0;
};

class TraceSource final : public TrafficSource {
 public:
  TraceSource(const TraceParams& params, const SourceContext& context)
      : params_(params),
        problems_(params.path),
        reader_(open_trace(params_, SegmentNames{context.cls}, problems_)),
        sessions_(context.sessions) {
    read_ahead();
    refill();
  }

  std::optional<TimePoint> next_arrival() override {
    if (params_.first && emitted_ >= *params_.first) return std::nullopt;
    const Due* due = earliest();
    return due == nullptr ? std::nullopt : std::optional(due->time);
  }

  SourceTicket emit(Request& out) override {
    const Due due = take_earliest();
    Item& item = items_[due.slot];
    out.arrival = due.time;
    out.input = item.record.input;
    out.output = item.record.output;
    name_session(item, out);
    if (item.group) resolve_outputs(item, out.id);
    out.prompt.swap(item.record.prompt);
    ++emitted_;
    if (next_root() == nullptr) refill();
    return due.slot;
  }

  void finished(SourceTicket slot, const Completion& completion) override {
    if (completion.outcome == Outcome::completed) {
      for (const std::uint32_t follower : items_[slot].followers) {
        const TraceRecord& record = items_[follower].record;
        followers_.push({completion.time + record.at, record.number, follower});
      }
    } else {
      for (const std::uint32_t follower : items_[slot].followers) abandon(follower);
    }
    release(slot);
  }

  std::optional<std::uint64_t> expected_requests() const override { return params_.first; }
  std::uint64_t abandoned_turns() const override { return abandoned_; }

 private:
  // --- Reading -----------------------------------------------------------------------------------------------------

  // Reads the next root inside the window into ahead_; on the way, hangs followers of the current group onto it.
  void read_ahead() {
    ahead_.reset();
    std::uint32_t slot = items_.take();
    while (!closed_ && reader_->next(items_[slot].record)) {
      Item& item = items_[slot];
      item.group.reset();
      item.followers.clear();
      if (item.record.parent) {
        if (skipping_) continue;
        hang(slot);
        slot = items_.take();
        continue;
      }
      closed_ = params_.until && item.record.at >= *params_.until;
      skipping_ = closed_ || item.record.at < params_.from;
      if (skipping_) continue;
      ahead_ = slot;
      return;
    }
    items_.release(slot);
  }

  void hang(std::uint32_t slot) {
    const TraceRecord& record = items_[slot].record;
    Item& root = items_[group_slots_.front()];
    if (!root.group) {
      root.group = groups_.take();
      groups_[*root.group] = Group{.first_record = root.record.number, .session = {}, .requests = {}, .live = 1};
    }
    items_[slot].group = root.group;
    ++groups_[*root.group].live;
    // Record numbers may have gaps only where problems are gathered, which no simulation does.
    const auto parent = static_cast<std::size_t>(*record.parent - root.record.number);
    SIM_CHECK(parent < group_slots_.size(), "a follower comes after its parent");
    items_[group_slots_[parent]].followers.push_back(slot);
    group_slots_.push_back(slot);
  }

  // Fixes the times of the next root, or of all roots that share its timestamp when these are spread over a tick.
  void refill() {
    roots_.clear();
    first_root_ = 0;
    if (!ahead_) return;
    const Duration at = items_[*ahead_].record.at;
    batch_.clear();
    do {
      batch_.push_back(*ahead_);
      group_slots_.assign(1, *ahead_);
      read_ahead();
    } while (ahead_ && params_.spread_ticks > Duration::zero() && items_[*ahead_].record.at == at);
    // Irregular ticks: never past the next timestamp.
    const Duration room = ahead_ ? items_[*ahead_].record.at - at : params_.spread_ticks;
    const Duration tick = std::min(params_.spread_ticks, room);
    const auto count = static_cast<std::int64_t>(batch_.size());
    for (std::int64_t k = 0; k < count; ++k) {
      const std::uint32_t slot = batch_[static_cast<std::size_t>(k)];
      roots_.push_back({scaled(at - params_.from + tick * k / count), items_[slot].record.number, slot});
    }
  }

  [[nodiscard]] TimePoint scaled(Duration since) const {
    if (params_.rate_scale == 1.0) return kStartOfTime + since;
    return kStartOfTime + nearest_nanosecond(to_seconds(since) / params_.rate_scale);
  }

  // --- Emitting ----------------------------------------------------------------------------------------------------

  [[nodiscard]] const Due* next_root() const { return first_root_ < roots_.size() ? &roots_[first_root_] : nullptr; }

  [[nodiscard]] const Due* earliest() const {
    const Due* root = next_root();
    if (followers_.empty()) return root;
    return root == nullptr || *root > followers_.top() ? &followers_.top() : root;
  }

  Due take_earliest() {
    const Due* due = earliest();
    SIM_CHECK(due != nullptr, "emit() without a next arrival");
    const Due result = *due;
    if (due == next_root()) {
      ++first_root_;
    } else {
      followers_.pop();
    }
    return result;
  }

  void name_session(const Item& item, Request& out) {
    // A trace that only names sessions does not say which request was a session's last.
    out.closes = item.group && item.followers.empty() && groups_[*item.group].live == 1;
    if (item.record.session) {
      const auto [known, is_new] = known_.try_emplace(*item.record.session);
      if (is_new) known->second.id = sessions_.next();
      out.session = known->second.id;
      out.turn = known->second.requests++;
      return;
    }
    out.turn = 0;
    if (!item.group) {
      out.session = sessions_.next();
      return;
    }
    Group& group = groups_[*item.group];
    if (!group.session) group.session = sessions_.next();
    out.session = *group.session;
    out.turn = static_cast<std::uint32_t>(
        std::count_if(group.requests.begin(), group.requests.end(), [](const auto& id) { return id.has_value(); }));
  }

  // Records name the answers they cite by record number; requests name them by request.
  void resolve_outputs(Item& item, RequestId id) {
    Group& group = groups_[*item.group];
    const auto place = static_cast<std::size_t>(item.record.number - group.first_record);
    if (group.requests.size() <= place) group.requests.resize(place + 1);
    group.requests[place] = id;
    for (Span& span : item.record.prompt) {
      if (!span.segment.is_output()) continue;
      const auto cited = static_cast<std::size_t>(output_number(span.segment) - group.first_record);
      SIM_CHECK(cited < group.requests.size() && group.requests[cited], "a cited answer exists");
      span.segment = SegmentId::output_of(*group.requests[cited]);
    }
  }

  // --- Ending ------------------------------------------------------------------------------------------------------

  void abandon(std::uint32_t slot) {
    ++abandoned_;
    for (const std::uint32_t follower : items_[slot].followers) abandon(follower);
    release(slot);
  }

  void release(std::uint32_t slot) {
    if (const auto group = items_[slot].group; group && --groups_[*group].live == 0) groups_.release(*group);
    items_.release(slot);
  }

  TraceParams params_;
  Problems problems_;
  std::unique_ptr<TraceReader> reader_;
  SessionCounter& sessions_;
  SlotPool<Item> items_;
  SlotPool<Group> groups_;
  std::optional<std::uint32_t> ahead_;      // the next root, read but not yet timed
  std::vector<std::uint32_t> group_slots_;  // of the root read last and its followers, in file order
  std::vector<std::uint32_t> batch_;
  std::vector<Due> roots_;  // timed, in order; those before first_root_ have left
  std::size_t first_root_ = 0;
  std::priority_queue<Due, std::vector<Due>, std::greater<>> followers_;
  std::unordered_map<std::uint64_t, KnownSession> known_;
  bool skipping_ = false;  // the last root was outside the window
  bool closed_ = false;    // the window has ended
  std::uint64_t emitted_ = 0;
  std::uint64_t abandoned_ = 0;
};

void check(const TraceParams& params, const std::string& path) {
  require(!params.path.empty(), path, "path", "\"\"", "a trace file");
  require_positive(params.rate_scale, path, "rate_scale");
  require(params.from >= Duration::zero(), path, "from", to_seconds(params.from), "zero or more");
  require(!params.until || *params.until > params.from, path, "until", to_seconds(params.until.value_or(Duration{})),
          "later than from");
  require(params.spread_ticks >= Duration::zero(), path, "spread_ticks", to_seconds(params.spread_ticks),
          "zero or more");
  require(params.session_interval >= Duration::zero(), path, "session_interval", to_seconds(params.session_interval),
          "zero or more");
  require(params.max_gap >= Duration::zero(), path, "max_gap", to_seconds(params.max_gap), "zero or more");
}

}  // namespace

std::unique_ptr<TrafficSource> make_trace_source(const TraceParams& params, const SourceContext& context) {
  check(params, context.path);
  return std::make_unique<TraceSource>(params, context);
}

}  // namespace cleave
