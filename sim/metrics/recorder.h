#pragma once
// Listens to the simulation and counts. It decides nothing, and nothing in the simulation reads it.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "models/units/check.h"
#include "models/units/units.h"
#include "sim/metrics/finished_rows.h"
#include "sim/metrics/histogram.h"
#include "sim/metrics/records.h"
#include "sim/metrics/results.h"
#include "sim/metrics/sinks.h"
#include "sim/metrics/slo.h"
#include "sim/metrics/tally.h"
#include "sim/metrics/timeline.h"

namespace cleave {

struct ClassInfo {
  std::string name;
  SloLimits slo;
};

/// Shape: classes and pools are indexed by their ids.
struct RecorderParams {
  std::vector<ClassInfo> classes;
  std::vector<std::string> pools;
  Duration warm_up{};  // requests that arrive earlier are left out of the measured window
};

class Recorder {
 public:
  explicit Recorder(RecorderParams params);

  /// Sinks are borrowed and outlive the recorder.
  void attach(RequestSink& sink) { request_sinks_.push_back(&sink); }
  void attach(DecisionSink& sink) { decision_sinks_.push_back(&sink); }
  void attach(TokenSink& sink) { token_sinks_.push_back(&sink); }
  /// Whether anybody reads decisions: without readers they need not be put together.
  [[nodiscard]] bool wants_decisions() const { return !decision_sinks_.empty(); }

  /// Called exactly once for each offered request, whatever became of it.
  void finished(const RequestRecord& record);

  /// `count` requests of a class each waited `gap` between two consecutive tokens, the later of which came at `at`.
  /// Gaps that end within the warm-up are left out of the measured window; without `at` none is.
  void inter_token_gap(ClassId cls, Duration gap, std::int64_t count, TimePoint at = TimePoint::max()) {
    SIM_CHECK(cls.index() < gaps_.size(), "a token gap of an unknown class");
    gaps_[cls.index()][at >= measured_from_ ? 1 : 0].add(gap, count);
    for (TokenSink* sink : token_sinks_) sink->on_tokens(count, at);
  }

  void sample(TimePoint time, PoolId pool, const PoolSample& sample);
  void decided(const DecisionRecord& record);

  [[nodiscard]] const RecorderParams& params() const { return params_; }
  [[nodiscard]] const Timeline& timeline() const { return timeline_; }
  [[nodiscard]] std::int64_t finished_requests() const;

  /// To be called at the end of every run: each of `offered` requests (ids 0 ... offered - 1) ended exactly once and in
  /// one way, and the token gaps that were told agree, in number and in nanoseconds, with the requests' records.
  /// Errors: aborts, for only a bug can break this.
  void check_conservation(std::uint64_t offered) const;

  [[nodiscard]] RunResults results() const;

 private:
  /// [0]: arrived, or ended, within the warm-up; [1]: later.
  template <class T>
  using BySide = std::array<T, 2>;

  /// The times between which the requests of one side of the warm-up were active.
  struct Extent {
    TimePoint first_arrival = TimePoint::max();
    TimePoint last_arrival{};
    TimePoint end{};
    void add(const RequestRecord& record);
    [[nodiscard]] Window from(TimePoint begin) const;
    void merge(const Extent& other);
  };

  [[nodiscard]] GroupResults group(std::optional<std::size_t> cls, bool measured_only, const Window& window) const;

  RecorderParams params_;
  TimePoint measured_from_;
  std::vector<RequestSink*> request_sinks_;
  std::vector<DecisionSink*> decision_sinks_;
  std::vector<TokenSink*> token_sinks_;
  std::vector<BySide<Tally>> tallies_;   // by class
  std::vector<BySide<Histogram>> gaps_;  // by class
  BySide<Extent> extents_;
  FinishedRows rows_;
  std::vector<bool> seen_;  // by request
  Timeline timeline_;
};

}  // namespace cleave
