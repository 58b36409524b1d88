#include "sim/workload/session_model.h"

#include <limits>

#include "sim/workload/param_check.h"

namespace cleave {

namespace {

Rng draws_of(const Rng& stream, TurnKey key) {
  return stream.below(key.session).below(key.lane).below(key.turn);
}

void check(const SessionParams& session, Tokens system_prompt, const std::string& path) {
  require(session.think_time >= Duration::zero(), path, "think_time", to_seconds(session.think_time), "zero or more");
  require(session.tool_time >= Duration::zero(), path, "tool_time", to_seconds(session.tool_time), "zero or more");
  require_share(session.tool_probability, path, "tool_probability");
  require_share(session.subagents.probability, path, "subagents.probability");
  require(session.subagents.count >= 1, path, "subagents.count", session.subagents.count, "at least one");
  require(session.subagents.turns >= 1, path, "subagents.turns", session.subagents.turns, "at least one");
  require(session.max_context > system_prompt, path, "max_context", session.max_context.value(),
          "more than the system prompt");
}

}  // namespace

SessionModel::SessionModel(const SyntheticParams& params, const SourceContext& context)
    : session_(params.session.value_or(SessionParams{})),
      max_context_(params.session ? session_.max_context : Tokens{std::numeric_limits<std::int64_t>::max()}),
      input_(params.input, context.path + ".input"),
      output_(params.output, context.path + ".output"),
      turns_(session_.turns, context.path + ".session.turns"),
      new_tokens_(session_.new_tokens, context.path + ".session.new_tokens"),
      subagent_tokens_(session_.subagents.new_tokens, context.path + ".session.subagents.new_tokens"),
      subagent_output_(session_.subagents.output, context.path + ".session.subagents.output"),
      input_rng_(context.book.stream(context.streams + "/input")),
      output_rng_(context.book.stream(context.streams + "/output")),
      turns_rng_(context.book.stream(context.streams + "/turns")),
      gaps_rng_(context.book.stream(context.streams + "/gaps")),
      forks_rng_(context.book.stream(context.streams + "/forks")) {
  if (params.session) check(session_, params.system_prompt, context.path + ".session");
}

std::uint32_t SessionModel::turns(std::uint64_t session) const {
  Rng rng = turns_rng_.below(session);
  return static_cast<std::uint32_t>(turns_.draw(rng).value());
}

Tokens SessionModel::new_tokens(TurnKey key) const {
  Rng rng = draws_of(input_rng_, key);
  if (key.lane > 0) return subagent_tokens_.draw(rng);
  return key.turn == 0 ? input_.draw(rng) : new_tokens_.draw(rng);
}

Tokens SessionModel::output(TurnKey key) const {
  Rng rng = draws_of(output_rng_, key);
  return key.lane > 0 ? subagent_output_.draw(rng) : output_.draw(rng);
}

Duration SessionModel::gap(TurnKey key) const {
  Rng rng = draws_of(gaps_rng_, key);
  const bool tool = uniform01(rng) < session_.tool_probability || key.lane > 0;
  const Duration mean = tool ? session_.tool_time : session_.think_time;
  return session_.exponential_gaps ? nearest_nanosecond(exponential(rng, to_seconds(mean))) : mean;
}

std::uint32_t SessionModel::subagents(TurnKey key) const {
  if (session_.subagents.probability <= 0) return 0;
  Rng rng = draws_of(forks_rng_, key);
  return uniform01(rng) < session_.subagents.probability ? session_.subagents.count : 0;
}

}  // namespace cleave
