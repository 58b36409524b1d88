#pragma once
// Recorded traffic sent again: each request at its time, or, where a client waited for its answers, after them.

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "sim/workload/request.h"

namespace cleave {

/// A part of a prompt: recorded text, or the answer to an earlier turn of the same session.
struct ReplayPiece {
  Span text;                               // ignored but for its length when `answer_of` is given
  std::optional<std::uint32_t> answer_of;  // turn of this session
};

/// Shape: `prompt` pieces sum to the prompt's tokens, at least one; `output` >= 1.
struct ReplayTurn {
  std::vector<ReplayPiece> prompt;
  Tokens output{1};
  Duration delay{};          // after the session's previous answer; of a first turn, after its client became free
  std::uint32_t record = 0;  // which row of the recording this is
};

/// Requests of one client that wait for each other.
/// A session with a start brings a client of its own; one without waits for a client whose session has ended.
struct ReplaySession {
  std::optional<TimePoint> start;
  std::vector<ReplayTurn> turns;
};

/// Sessions without a start are taken in order.
struct ReplayPlan {
  std::vector<ReplaySession> sessions;
  [[nodiscard]] std::size_t requests() const;
};

/// One request a session, each at its own time.
[[nodiscard]] ReplaySession single_request(TimePoint at, std::vector<ReplayPiece> prompt, Tokens output,
                                           std::uint32_t record);

/// Borrows the plan. `records`, when given, becomes the recording's row of each request, by RequestId.
[[nodiscard]] std::unique_ptr<Workload> make_replay(const ReplayPlan& plan, std::vector<std::uint32_t>* records);

}  // namespace cleave
