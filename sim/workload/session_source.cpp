// Synthetic sessions. A session is a lane of turns; a turn's prompt is the one before, its answer, and new text. An
// answer may fork sub-agents, lanes that begin with the same text; the next turn of the session waits for all of them.

#include <algorithm>
#include <queue>
#include <tuple>
#include <vector>

#include "models/units/check.h"
#include "models/units/slot_pool.h"
#include "sim/workload/arrival_process.h"
#include "sim/workload/param_check.h"
#include "sim/workload/prompt_head.h"
#include "sim/workload/segment_names.h"
#include "sim/workload/session_model.h"
#include "sim/workload/sources.h"

namespace cleave {

namespace {

// A client whose request was refused or lost waits at least this long: otherwise a closed loop without think time
// could offer requests for ever at one instant.
constexpr Duration kBackoff = std::chrono::seconds{1};

struct Session {
  std::uint64_t number = 0;  // names its draws
  std::optional<SessionId> id;
  std::uint32_t requests = 0;   // emitted so far
  std::uint32_t lanes = 0;      // sub-agents forked so far
  std::uint32_t waits_for = 0;  // sub-agents still at work
  std::uint32_t main_lane = 0;
};

struct Lane {
  std::uint32_t session = 0;  // slot
  std::uint32_t number = 0;
  std::uint32_t turn = 0;
  std::uint32_t turns = 0;
  std::vector<Span> prompt;
  Tokens length;  // of the prompt
  Tokens output;
};

// A turn that waits for its time. Ties: the older session first, then its lower lane.
struct Due {
  TimePoint time;
  std::uint64_t session = 0;
  std::uint32_t lane = 0;
  std::uint32_t slot = 0;
  bool operator>(const Due& other) const {
    return std::tie(time, session, lane) > std::tie(other.time, other.session, other.lane);
  }
};

class SessionSource final : public TrafficSource {
 public:
  SessionSource(const SyntheticParams& params, const SourceContext& context)
      : limit_(params.requests),
        until_(params.duration),
        model_(params, context),
        head_(params.system_prompt, params.system_prompts, context),
        think_rng_(context.book.stream(context.streams + "/think")),
        arrivals_(make_arrivals(params.arrivals, context.book.stream(context.streams + "/arrivals"),
                                context.path + ".arrivals")),
        names_(context.cls),
        sessions_ids_(context.sessions) {
    if (arrivals_ != nullptr) {
      arrive();
    } else {
      loop_ = std::get<ClosedLoopArrivals>(params.arrivals);
      start_clients(context.path + ".arrivals");
    }
  }

  std::optional<TimePoint> next_arrival() override {
    if (due_.empty() || (limit_ && emitted_ >= *limit_)) return std::nullopt;
    const TimePoint time = due_.top().time;
    if (until_ && time >= kStartOfTime + *until_) return std::nullopt;
    return time;
  }

  SourceTicket emit(Request& out) override {
    const Due due = due_.top();
    due_.pop();
    const Lane& lane = lanes_[due.slot];
    Session& session = sessions_[lane.session];
    const bool begins = !session.id;
    if (begins) session.id = sessions_ids_.next();
    out.session = *session.id;
    out.turn = session.requests++;
    out.closes = lane.number == 0 && lane.turns > 1 && lane.turn + 1 >= lane.turns;
    out.arrival = due.time;
    out.input = lane.length;
    out.output = lane.output;
    out.prompt.assign(lane.prompt.begin(), lane.prompt.end());
    ++emitted_;
    if (begins && arrivals_ != nullptr) arrive();
    return due.slot;
  }

  void finished(SourceTicket slot, const Completion& completion) override {
    Lane& lane = lanes_[slot];
    if (completion.outcome != Outcome::completed) {
      abandoned_ += lane.turns - lane.turn - 1;
      end_lane(slot, completion.time, false);
      return;
    }
    append_span(lane.prompt, {SegmentId::output_of(completion.id), 0, static_cast<std::uint32_t>(lane.output.value())});
    lane.length += lane.output;
    if (lane.turn + 1 >= lane.turns) {
      end_lane(slot, completion.time, true);
    } else if (lane.number > 0 || !fork(slot, completion.time)) {
      ++lane.turn;
      schedule(slot, completion.time);
    }
  }

  std::optional<std::uint64_t> expected_requests() const override { return until_ ? std::nullopt : limit_; }
  std::uint64_t abandoned_turns() const override { return abandoned_; }

 private:
  void arrive() {
    if (const auto time = arrivals_->next()) begin_session(next_number_++, *time);
  }

  void start_clients(const std::string& path) {
    require(loop_.clients >= 1, path, "clients", loop_.clients, "at least one");
    require(loop_.think_time >= Duration::zero(), path, "think_time", to_seconds(loop_.think_time), "zero or more");
    require(loop_.ramp_up >= Duration::zero(), path, "ramp_up", to_seconds(loop_.ramp_up), "zero or more");
    for (std::uint32_t client = 0; client < loop_.clients; ++client) {
      const double share = static_cast<double>(client) / loop_.clients;
      begin_session(client, kStartOfTime + nearest_nanosecond(to_seconds(loop_.ramp_up) * share));
    }
  }

  // Closed loop: the client's next session. Numbers follow from client and round, whoever finishes first.
  void loop_around(std::uint64_t number, TimePoint now, bool completed) {
    Rng rng = think_rng_.below(number);
    const Duration think =
        loop_.exponential_think ? nearest_nanosecond(exponential(rng, to_seconds(loop_.think_time))) : loop_.think_time;
    begin_session(number + loop_.clients, now + (completed ? think : std::max(think, kBackoff)));
  }

  void begin_session(std::uint64_t number, TimePoint time) {
    const std::uint32_t session_slot = sessions_.take();
    const std::uint32_t slot = lanes_.take();
    sessions_[session_slot] = Session{};
    sessions_[session_slot].number = number;
    sessions_[session_slot].main_lane = slot;
    Lane& lane = lanes_[slot];
    lane.session = session_slot;
    lane.number = 0;
    lane.turn = 0;
    lane.turns = model_.turns(number);
    lane.prompt.clear();
    head_.begin(lane.prompt, number);
    lane.length = head_.length();
    const TurnKey key{number, 0, 0};
    add_text(lane, std::min(model_.new_tokens(key), model_.max_context() - lane.length));
    lane.output = model_.output(key);
    due_.push({time, number, 0, slot});
  }

  void add_text(Lane& lane, Tokens tokens) {
    append_span(lane.prompt, {names_.fresh(), 0, static_cast<std::uint32_t>(tokens.value())});
    lane.length += tokens;
  }

  // The lane's turn number `turn` leaves after its gap, or the lane ends when its context is full.
  void schedule(std::uint32_t slot, TimePoint now) {
    Lane& lane = lanes_[slot];
    const TurnKey key{sessions_[lane.session].number, lane.number, lane.turn};
    const Tokens added = model_.new_tokens(key);
    if (lane.length + added > model_.max_context()) {
      end_lane(slot, now, true);
      return;
    }
    add_text(lane, added);
    lane.output = model_.output(key);
    due_.push({now + model_.gap(key), key.session, key.lane, slot});
  }

  // Starts the sub-agents that the answer just given calls for; false when it calls for none.
  bool fork(std::uint32_t parent, TimePoint now) {
    const std::uint32_t session = lanes_[parent].session;
    const std::uint32_t count = model_.subagents({sessions_[session].number, 0, lanes_[parent].turn});
    if (count == 0) return false;
    ++lanes_[parent].turn;
    sessions_[session].waits_for = count;
    for (std::uint32_t i = 0; i < count; ++i) {
      const std::uint32_t slot = lanes_.take();
      Lane& lane = lanes_[slot];
      lane.session = session;
      lane.number = ++sessions_[session].lanes;
      lane.turn = 0;
      lane.turns = model_.subagent_turns();
      lane.prompt = lanes_[parent].prompt;
      lane.length = lanes_[parent].length;
      schedule(slot, now);
    }
    return true;
  }

  void end_lane(std::uint32_t slot, TimePoint now, bool completed) {
    const std::uint32_t session_slot = lanes_[slot].session;
    const bool is_main = lanes_[slot].number == 0;
    lanes_.release(slot);
    Session& session = sessions_[session_slot];
    if (!is_main) {
      if (--session.waits_for == 0) schedule(session.main_lane, now);
      return;
    }
    SIM_CHECK(session.waits_for == 0, "a session outlives its sub-agents");
    const std::uint64_t number = session.number;
    sessions_.release(session_slot);
    if (arrivals_ == nullptr) loop_around(number, now, completed);
  }

  std::optional<std::uint64_t> limit_;
  std::optional<Duration> until_;
  SessionModel model_;
  PromptHead head_;
  Rng think_rng_;
  std::unique_ptr<ArrivalProcess> arrivals_;  // none in a closed loop
  ClosedLoopArrivals loop_;
  SegmentNames names_;
  SessionCounter& sessions_ids_;
  SlotPool<Session> sessions_;
  SlotPool<Lane> lanes_;
  std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;
  std::uint64_t next_number_ = 0;
  std::uint64_t emitted_ = 0;
  std::uint64_t abandoned_ = 0;
};

}  // namespace

std::unique_ptr<TrafficSource> make_session_source(const SyntheticParams& params, const SourceContext& context) {
  return std::make_unique<SessionSource>(params, context);
}

}  // namespace cleave
