#pragma once
// Whether a run settled: watches requests come and go, and says where the warm-up ends, what the means are after it and
// how sure they are; or that there is no steady state to speak of.

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "sim/metrics/batch_means.h"
#include "sim/metrics/request_times.h"
#include "sim/metrics/sinks.h"
#include "sim/metrics/slo.h"

namespace cleave {

enum class Steadiness : std::uint8_t {
  steady,
  growing,    // more requests come than go: overload
  unsettled,  // no warm-up after which the number of requests in the system varies about a level
  too_short,  // too few requests to tell
};
[[nodiscard]] std::string_view name_of(Steadiness steadiness);

/// Means after the warm-up, over requests by their arrival; absent unless the run was steady.
struct SteadyState {
  static constexpr double kConfidence = 0.95;

  Steadiness steadiness = Steadiness::too_short;
  std::optional<Duration> warm_up;        // where it ends
  double growth_per_second = 0;           // of the requests in the system, while the later half arrives
  std::optional<MeanEstimate> in_system;  // requests
  std::optional<MeanEstimate> ttft;       // seconds
  std::optional<MeanEstimate> tpot;
  std::optional<MeanEstimate> e2e;
  std::optional<MeanEstimate> attainment;  // share of offered requests that met their SLO
  std::optional<MeanEstimate> goodput;     // requests a second
};

/// Sums by time of arrival, in bounded memory: when a run outgrows the table, the table's slots become twice as long.
class SteadyStateMeter final : public RequestSink {
 public:
  /// `limits` by ClassId.
  explicit SteadyStateMeter(std::vector<SloLimits> limits);

  void on_request(const RequestRecord& record) override;

  [[nodiscard]] SteadyState result() const;

 private:
  struct Slot {
    std::int64_t arrived = 0;
    std::int64_t left = 0;       // ended within this slot, whenever they came
    std::int64_t completed = 0;  // of those that arrived in it
    std::int64_t met = 0;
    std::int64_t with_tpot = 0;
    double ttft = 0;
    double e2e = 0;
    double tpot = 0;
    void add(const Slot& other);
  };
  using Series = std::vector<double>;

  Slot& slot_at(TimePoint time);
  void widen();
  [[nodiscard]] std::size_t slots_with_arrivals() const;
  [[nodiscard]] Series in_system(std::size_t slots) const;
  /// Mean time in the system by batches of arrivals; empty when too many of them did not complete.
  [[nodiscard]] Series mean_stays(std::size_t from, std::size_t to) const;
  void estimate(SteadyState& state, std::size_t from, std::size_t to) const;

  std::vector<SloLimits> limits_;
  std::vector<Slot> slots_;
  Duration width_;
  std::int64_t arrived_ = 0;
};

}  // namespace cleave
