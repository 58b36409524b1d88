#pragma once
// The fields of sim/workload/params.h.

#include "sim/scenario/param_names.h"
#include "sim/scenario/rule.h"

namespace cleave {

// --- Lengths -----------------------------------------------------------------------------------------------------

template <class V>
void describe(V& v, FixedLength& length) {
  v.field("tokens", length.tokens, "always so many", at_least(1));
}
template <class V>
void describe(V& v, UniformLength& length) {
  v.field("min", length.min, "the least, included", at_least(1));
  v.field("max", length.max, "the most, included", at_least(1));
}
template <class V>
void describe(V& v, LognormalLength& length) {
  v.field("median", length.median, "exp of the logarithm's mean", at_least(1));
  v.field("sigma", length.sigma, "standard deviation of the natural logarithm", at_least(0));
  v.field("min", length.min, "smaller draws become this", at_least(1));
  v.field("max", length.max, "larger draws become this", at_least(1));
}
template <class V>
void describe(V& v, HistogramLength& length) {
  v.field("bins", length.bins, "weight by number of tokens; or give `file`", at_least(0));
  v.field("file", length.file, "CSV with the header tokens,weight; or give `bins`", Rule{}.path());
}

// --- Arrivals ----------------------------------------------------------------------------------------------------

template <class V>
void describe(V& v, PoissonArrivals& arrivals) {
  v.field("rate", arrivals.rate, "mean request rate", above(0));
}
template <class V>
void describe(V& v, GammaArrivals& arrivals) {
  v.field("rate", arrivals.rate, "mean request rate", above(0));
  v.field("cv", arrivals.cv, "coefficient of variation of the gaps: 1 is Poisson, more is burstier", above(0));
}
template <class V>
void describe(V& v, DeterministicArrivals& arrivals) {
  v.field("rate", arrivals.rate, "request rate, with equal gaps", above(0));
}
template <class V>
void describe(V& v, RatePoint& point) {
  v.field("at", point.at, "time from the start", Rule{}.required());
  v.field("rate", point.rate, "request rate at that time", Rule{}.required());
}
template <class V>
void describe(V& v, PiecewiseArrivals& arrivals) {
  v.field("points", arrivals.points, "rates over time, joined by straight lines", Rule{}.required().not_empty());
  v.field("repeat", arrivals.repeat, "starts over after this time (a day, say)", above(0));
}
template <class V>
void describe(V& v, ServegenArrivals& arrivals) {
  v.field("path", arrivals.path, "a ServeGen folder or tar.xz", Rule{}.required().not_empty().path());
  v.field("category", arrivals.category, "folder of clients inside it", Rule{}.not_empty());
  v.field("rate_scale", arrivals.rate_scale, "all rates times this", above(0));
  v.field("from", arrivals.from, "start of the replayed time", at_least(0));
}
template <class V>
void describe(V& v, ClosedLoopArrivals& arrivals) {
  v.field("clients", arrivals.clients, "how many, each with one request at a time", at_least(1));
  v.field("think_time", arrivals.think_time, "mean time from an answer to the next request");
  v.field("exponential_think", arrivals.exponential_think, "think times are exponential, not constant");
  v.field("ramp_up", arrivals.ramp_up, "the clients start spread over this time");
}

// --- Sessions ----------------------------------------------------------------------------------------------------

template <class V>
void describe(V& v, SubagentParams& subagents) {
  v.field("probability", subagents.probability, "that a turn forks children", between(0, 1));
  v.field("count", subagents.count, "children a fork", at_least(1));
  v.field("turns", subagents.turns, "turns a child", at_least(1));
  v.field("new_tokens", subagents.new_tokens, "tokens that each turn of a child adds");
  v.field("output", subagents.output, "output tokens of a child's turn");
}
template <class V>
void describe(V& v, SessionParams& session) {
  v.field("turns", session.turns, "number of turns (a count, not tokens)");
  v.field("new_tokens", session.new_tokens, "user or tool tokens that each later turn adds");
  v.field("think_time", session.think_time, "mean gap between an answer and the next turn");
  v.field("tool_probability", session.tool_probability, "share of later turns that are tool calls", between(0, 1));
  v.field("tool_time", session.tool_time, "mean gap before those");
  v.field("exponential_gaps", session.exponential_gaps, "gaps are exponential, not constant");
  v.field("max_context", session.max_context, "a session ends before its prompt would exceed this", at_least(1));
  v.field("subagents", session.subagents, "turns that fork children");
}

// --- Classes and traces ------------------------------------------------------------------------------------------

template <class V>
void describe(V& v, SloParams& slo) {
  v.field("ttft", slo.ttft, "limit of the time to the first token", above(0));
  v.field("tpot", slo.tpot, "limit of the mean time per later token", above(0));
  v.field("e2e", slo.e2e, "limit of the time to the last token", above(0));
}
template <class V>
void describe(V& v, SyntheticParams& traffic) {
  v.field("arrivals", traffic.arrivals, "when requests (or sessions) start");
  v.field("input", traffic.input, "prompt tokens of a request, or of a session's first user message");
  v.field("output", traffic.output, "output tokens");
  v.field("system_prompt", traffic.system_prompt, "tokens before the user's, shared by the class");
  v.field("system_prompts", traffic.system_prompts, "how many different ones, drawn uniformly per session",
          at_least(1));
  v.field("prompt_family", traffic.prompt_family,
          "classes of one family begin with the same system prompts; empty: the class has its own");
  v.field("session", traffic.session, "turns that extend earlier ones");
  v.field("requests", traffic.requests, "stop after so many", at_least(1));
  v.field("duration", traffic.duration, "stop at this time", above(0));
}
template <class V>
void describe(V& v, TraceParams& trace) {
  v.field("format", trace.format, "how the file is written");
  v.field("path", trace.path, "the file, gzip or plain; may start with ${CLEAVE_DATA_DIR}",
          Rule{}.required().not_empty().path());
  v.field("rate_scale", trace.rate_scale, "2: twice as fast", above(0));
  v.field("from", trace.from, "start of the replayed part, in the trace's time");
  v.field("until", trace.until, "end of the replayed part, in the trace's time", above(0));
  v.field("first", trace.first, "only so many requests of that part", at_least(1));
  v.field("spread_ticks", trace.spread_ticks, "requests of equal timestamps are spread evenly over this tick");
  const Owners mooncake{"format", name_of(trace.format), {name_of(TraceFormat::mooncake)}};
  const Owners agentic{"format", name_of(trace.format), {name_of(TraceFormat::agentic)}};
  v.field_of(mooncake, "linkage", trace.linkage, "how a request is recognised as a later turn of another");
  v.field_of(agentic, "session_interval", trace.session_interval, "a session starts every so often", above(0));
  v.field_of(agentic, "max_gap", trace.max_gap, "longer gaps inside a session are cut to this");
}
template <class V>
void describe(V& v, ClientParams& client) {
  v.field("patience", client.patience, "its client leaves when no token has come by then; not given: it waits",
          above(0));
  v.field("exponential_patience", client.exponential_patience,
          "patience is drawn with this mean; false: always so long");
  v.field("stops_reading", client.stops_reading,
          "share of answers that the client breaks off after any of their tokens", between(0, 1));
}
template <class V>
void describe(V& v, ClassParams& traffic_class) {
  v.field("name", traffic_class.name, "unique among the classes", Rule{}.not_empty());
  v.field("model", traffic_class.model, "which model it asks for; empty: the scenario's");
  v.field("tenant", traffic_class.tenant, "whose traffic it is");
  v.field("region", traffic_class.region, "where its clients are, of federation.regions; empty: the first");
  v.field("priority", traffic_class.priority, "lower is more urgent");
  v.field("adapters", traffic_class.adapters,
          "LoRA adapters of its own that its sessions are spread over; 0: the model as it is", Rule{}.at_most(100000));
  v.field("client", traffic_class.client, "clients that leave before their answer is whole");
  v.field("slo", traffic_class.slo, "limits that a request must meet to count as good");
  v.field("traffic", traffic_class.traffic, "where its requests come from");
}
template <class V>
void describe(V& v, WorkloadParams& workload) {
  v.field("classes", workload.classes, "kinds of traffic, all at once", Rule{}.required().not_empty());
}

}  // namespace cleave
