#include "sim/validation/replay.h"

#include <queue>
#include <tuple>

#include "models/units/check.h"

namespace cleave {
namespace {

class Replay final : public Workload {
 public:
  Replay(const ReplayPlan& plan, std::vector<std::uint32_t>* records) : plan_(plan), records_(records) {
    emitted_.resize(plan.sessions.size());
    for (std::size_t s = 0; s < plan.sessions.size(); ++s) {
      if (plan.sessions[s].turns.empty()) continue;
      if (plan.sessions[s].start) {
        due_.push({*plan.sessions[s].start, s});
      } else {
        unclaimed_.push(s);
      }
    }
  }

  std::optional<TimePoint> next_arrival() override {
    if (due_.empty()) return std::nullopt;
    return due_.top().first;
  }

  void emit(Request& out) override {
    SIM_CHECK(!due_.empty(), "emit() without a next arrival");
    const auto [time, session] = due_.top();
    due_.pop();
    const auto turn = static_cast<std::uint32_t>(emitted_[session].size());
    const ReplayTurn& recorded = plan_.sessions[session].turns[turn];
    out.id = RequestId{sessions_of_.size()};
    out.cls = ClassId{0};
    out.session = SessionId{session};
    out.turn = turn;
    out.arrival = time;
    out.output = recorded.output;
    out.prompt.clear();
    std::int64_t input = 0;
    for (const ReplayPiece& piece : recorded.prompt) {
      Span span = piece.text;
      if (piece.answer_of) span.segment = SegmentId::output_of(emitted_[session].at(*piece.answer_of));
      append_span(out.prompt, span);
      input += span.length;
    }
    out.input = Tokens{input};
    emitted_[session].push_back(out.id);
    sessions_of_.push_back(session);
    if (records_ != nullptr) records_->push_back(recorded.record);
  }

  void finished(const Completion& completion) override {
    const std::size_t session = sessions_of_[completion.id.index()];
    const std::size_t next = completion.turn + std::size_t{1};
    const auto& turns = plan_.sessions[session].turns;
    if (next < turns.size()) {
      // As the recorded clients did: a turn that failed is followed by the next one all the same.
      due_.push({completion.time + turns[next].delay, session});
    } else if (!unclaimed_.empty()) {
      const std::size_t claimed = unclaimed_.front();
      unclaimed_.pop();
      due_.push({completion.time + plan_.sessions[claimed].turns.front().delay, claimed});
    }
  }

  std::optional<std::uint64_t> expected_requests() const override { return plan_.requests(); }
  std::uint64_t abandoned_turns() const override { return 0; }

 private:
  using Due = std::pair<TimePoint, std::size_t>;  // ties go to the earlier session
  const ReplayPlan& plan_;
  std::vector<std::uint32_t>* records_;
  std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;
  std::queue<std::size_t> unclaimed_;
  std::vector<std::vector<RequestId>> emitted_;  // by session, its turns so far
  std::vector<std::size_t> sessions_of_;         // by request
};

}  // namespace

std::size_t ReplayPlan::requests() const {
  std::size_t count = 0;
  for (const ReplaySession& session : sessions) count += session.turns.size();
  return count;
}

ReplaySession single_request(TimePoint at, std::vector<ReplayPiece> prompt, Tokens output, std::uint32_t record) {
  ReplaySession session;
  session.start = at;
  session.turns.push_back({std::move(prompt), output, Duration{}, record});
  return session;
}

std::unique_ptr<Workload> make_replay(const ReplayPlan& plan, std::vector<std::uint32_t>* records) {
  return std::make_unique<Replay>(plan, records);
}

}  // namespace cleave
