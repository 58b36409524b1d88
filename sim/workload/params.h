#pragma once
// What a scenario can say about traffic. Defaults are written here, once.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "models/units/units.h"

namespace cleave {

// --- Lengths in tokens -------------------------------------------------------------------------------------------

struct FixedLength {
  Tokens tokens{1024};
};
struct UniformLength {  // both ends included
  Tokens min{1};
  Tokens max{2048};
};
struct LognormalLength {  // of the tokens' natural logarithm: median = exp(mu); clipped to [min, max]
  Tokens median{512};
  double sigma = 1.0;
  Tokens min{1};
  Tokens max{131072};
};
struct HistogramLength {  // inline bins, or a file: CSV "tokens,weight" with a header
  std::map<std::int64_t, double> bins;
  std::string file;
};
using LengthParams = std::variant<FixedLength, UniformLength, LognormalLength, HistogramLength>;

// --- Arrivals ----------------------------------------------------------------------------------------------------

struct PoissonArrivals {
  RequestsPerSecond rate{1.0};
};
struct GammaArrivals {  // cv = coefficient of variation of the gaps; 1 is Poisson, more is burstier
  RequestsPerSecond rate{1.0};
  double cv = 1.0;
};
struct DeterministicArrivals {
  RequestsPerSecond rate{1.0};
};
struct RatePoint {
  Duration at{};
  RequestsPerSecond rate{};
};
struct PiecewiseArrivals {  // Poisson with a rate that is linear between points; `repeat` makes it diurnal
  std::vector<RatePoint> points;
  std::optional<Duration> repeat;
};
struct ServegenArrivals {  // per-client rate windows of a ServeGen folder or tar.xz
  std::string path;
  std::string category = "m-large";
  double rate_scale = 1.0;
  Duration from{};
};
struct ClosedLoopArrivals {  // N clients, each waits for its answer, thinks, asks again
  std::uint32_t clients = 1;
  Duration think_time{};        // mean
  bool exponential_think = false;
  Duration ramp_up{};           // clients start spread over this time
};
using ArrivalParams = std::variant<PoissonArrivals, GammaArrivals, DeterministicArrivals, PiecewiseArrivals,
                                   ServegenArrivals, ClosedLoopArrivals>;

// --- Sessions ----------------------------------------------------------------------------------------------------

struct SubagentParams {  // a turn may fork children that share its prompt up to and including its output
  double probability = 0.0;   // per turn
  std::uint32_t count = 1;
  std::uint32_t turns = 1;
  LengthParams new_tokens = FixedLength{Tokens{256}};
  LengthParams output = FixedLength{Tokens{256}};
};

/// A session's turns extend the earlier prompt and its output. `input` of the class is the first turn's user message.
struct SessionParams {
  LengthParams turns = FixedLength{Tokens{1}};         // number of turns (a count, not tokens)
  LengthParams new_tokens = FixedLength{Tokens{256}};  // user or tool tokens that each later turn adds
  Duration think_time = std::chrono::seconds{10};      // mean gap between an answer and the next turn
  double tool_probability = 0.0;                       // share of later turns that are tool calls
  Duration tool_time = std::chrono::seconds{2};        // mean gap of those
  bool exponential_gaps = true;
  Tokens max_context{131072};                          // a session ends before its prompt would exceed this
  SubagentParams subagents;
};

// --- Classes and traces ------------------------------------------------------------------------------------------

struct SloParams {  // a request meets its SLO when it completes within every limit that is given
  std::optional<Duration> ttft;
  std::optional<Duration> tpot;
  std::optional<Duration> e2e;
};

/// Synthetic traffic of one class.
struct SyntheticParams {
  ArrivalParams arrivals = PoissonArrivals{};
  LengthParams input = FixedLength{Tokens{1024}};
  LengthParams output = FixedLength{Tokens{256}};
  Tokens system_prompt{0};       // shared by every request of the class, before the user's tokens
  std::uint32_t system_prompts = 1;  // how many different ones, drawn uniformly per session
  std::string prompt_family;         // classes of one family share them; empty: the class has its own
  std::optional<SessionParams> session;
  std::optional<std::uint64_t> requests;  // stop after so many requests ...
  std::optional<Duration> duration;       // ... or at this time; at least one of both
};

enum class TraceFormat { mooncake, azure, burstgpt, agentic, cleave };
enum class SessionLinkage { none, prefix };  // prefix: a request continues the latest one whose blocks it extends

/// A recorded trace. Gzip files are read directly; a trace larger than memory streams.
struct TraceParams {
  TraceFormat format = TraceFormat::mooncake;
  std::string path;
  double rate_scale = 1.0;             // 2: twice as fast
  Duration from{};                     // time window of the trace, before scaling
  std::optional<Duration> until;
  std::optional<std::uint64_t> first;  // only the first N requests of the window
  Duration spread_ticks{};             // spread arrivals that share a timestamp evenly over this tick
  SessionLinkage linkage = SessionLinkage::none;
  Duration session_interval = std::chrono::seconds{30};  // agentic: a session starts every so often
  Duration max_gap = std::chrono::seconds{600};           // agentic: longer gaps inside a session are cut to this
};

/// Clients that leave before their answer is whole. Their sessions end with that.
struct ClientParams {
  std::optional<Duration> patience;  // leaves when no token has come by then; not given: waits
  bool exponential_patience = true;  // drawn with this mean; false: always so long
  double stops_reading = 0.0;  // share of answers that the client breaks off, each after any of their tokens alike
};

struct ClassParams {
  std::string name = "default";
  std::string model;     // empty: the scenario's model
  std::string tenant;
  std::string region;         // where its clients are; empty: the first region
  std::int32_t priority = 0;  // lower is more urgent
  std::uint32_t adapters =
      0;  // LoRA adapters of its own that its sessions are spread over evenly; 0: the model as it is
  ClientParams client;
  SloParams slo;
  std::variant<SyntheticParams, TraceParams> traffic = SyntheticParams{};
};

struct WorkloadParams {
  std::vector<ClassParams> classes;
};

}  // namespace cleave
