#pragma once
// What happens in one session: how many turns, how long, how far apart. Every draw is keyed by (session, lane, turn),
// so it depends neither on when other requests end nor on how many draws came before.

#include <cstdint>
#include <string>

#include "models/units/units.h"
#include "sim/core/rng.h"
#include "sim/workload/length_model.h"
#include "sim/workload/params.h"
#include "sim/workload/sources.h"

namespace cleave {

/// One turn of one lane of a session. Lane 0 is the session's own; sub-agents have lanes of their own, from 1.
struct TurnKey {
  std::uint64_t session = 0;
  std::uint32_t lane = 0;
  std::uint32_t turn = 0;
};

/// Draws of one class. Stateless after construction.
class SessionModel {
 public:
  /// Errors: ConfigError for impossible parameters.
  SessionModel(const SyntheticParams& params, const SourceContext& context);

  [[nodiscard]] std::uint32_t turns(std::uint64_t session) const;
  /// Tokens that the turn adds to what came before it.
  [[nodiscard]] Tokens new_tokens(TurnKey key) const;
  [[nodiscard]] Tokens output(TurnKey key) const;
  /// From the answer to the turn before (for a sub-agent's first turn: from the answer that forked it).
  [[nodiscard]] Duration gap(TurnKey key) const;
  /// Sub-agents that the answer to this turn forks.
  [[nodiscard]] std::uint32_t subagents(TurnKey key) const;
  [[nodiscard]] std::uint32_t subagent_turns() const { return session_.subagents.turns; }
  /// Longest prompt of a later turn.
  [[nodiscard]] Tokens max_context() const { return max_context_; }

 private:
  SessionParams session_;
  Tokens max_context_;
  LengthModel input_;
  LengthModel output_;
  LengthModel turns_;
  LengthModel new_tokens_;
  LengthModel subagent_tokens_;
  LengthModel subagent_output_;
  Rng input_rng_;
  Rng output_rng_;
  Rng turns_rng_;
  Rng gaps_rng_;
  Rng forks_rng_;
};

}  // namespace cleave
