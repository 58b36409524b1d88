#pragma once
// Requests and the identity of their tokens. This folder is the one owner of token identity.

#include <cstdint>
#include <optional>
#include <vector>

#include "models/units/keys.h"
#include "models/units/outcome.h"
#include "models/units/units.h"

namespace cleave {

/// `length` tokens of `segment` from offset `begin`.
struct Span {
  SegmentId segment;
  std::uint32_t begin = 0;
  std::uint32_t length = 0;
  bool operator==(const Span&) const = default;
};

/// What the client sends, and the true length of the answer, which no policy may see.
/// Shape: `prompt` is normalised (no empty span, no two neighbours that continue each other) and sums to `input`.
struct Request {
  RequestId id;  // dense, in order of emission
  ClassId cls;
  SessionId session;
  std::uint32_t turn = 0;  // 0 for the first request of a session
  bool closes = false;     // the client says, with the answer, that its session is over
  TimePoint arrival;
  Tokens input;   // >= 1
  Tokens output;  // >= 1
  std::vector<Span> prompt;
  std::uint32_t adapter = 0;         // LoRA adapter that it asks for; 0: none
  std::optional<Duration> patience;  // its client leaves when no token has come by then
  std::optional<Tokens> stops_at;    // its client leaves after so many tokens, fewer than `output`
};

/// Appends to a prompt and keeps it normalised.
void append_span(std::vector<Span>& prompt, Span span);

/// What the workload needs to know of a request's end, to release what waits for it.
struct Completion {
  RequestId id;
  SessionId session;
  std::uint32_t turn = 0;
  Outcome outcome = Outcome::completed;
  TimePoint time;
};

/// A stream of requests in time order. Pure logic: it holds no clock, it is told when requests end.
class Workload {
 public:
  virtual ~Workload() = default;

  /// When the next request leaves its client; nullopt while none is known (all wait for completions) or at the end.
  /// Never decreases between calls of emit(), but finished() can bring it forward.
  [[nodiscard]] virtual std::optional<TimePoint> next_arrival() = 0;

  /// Fills `out` (its storage is reused) with that request. Call only when next_arrival() has a value.
  virtual void emit(Request& out) = 0;

  /// Called once for each emitted request; may make later arrivals known, none before `completion.time`.
  virtual void finished(const Completion& completion) = 0;

  /// Requests that will be offered in all, where known beforehand: for progress.
  [[nodiscard]] virtual std::optional<std::uint64_t> expected_requests() const = 0;

  /// Turns never offered because an earlier turn of their session did not complete.
  [[nodiscard]] virtual std::uint64_t abandoned_turns() const = 0;
};

}  // namespace cleave
