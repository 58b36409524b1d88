#include "sim/metrics/steady_state.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "models/units/check.h"
#include "sim/metrics/batch_means.h"

namespace cleave {
namespace {

constexpr std::size_t kSlots = 2048;
constexpr Duration kFirstWidth = std::chrono::milliseconds{1};
constexpr std::int64_t kFewestRequests = 200;
constexpr std::size_t kBatches = 20;
// A trend counts as growth when it is this many standard errors from none, and adds up to a real share of the level: a
// queue near saturation wanders, and neighbouring slots are correlated, which makes the standard error too small.
constexpr double kSureTrend = 5;
constexpr double kRealShare = 0.4;
constexpr double kShareOfArrivals = 0.02;
constexpr double kMostlyCompleted = 0.9;  // else the stays of those that did complete say little
constexpr double kFewRequests = 4;        // a system that holds no more than this is not overloaded

TimePoint end_of(const RequestRecord& record) {
  if (record.outcome == Outcome::completed && record.last_token) return *record.last_token;
  return record.arrival;  // turned away or lost: it takes no place
}

/// Whether values rise, surely and by a real share of their level.
bool rises(std::span<const double> values, double level, double least) {
  const Trend trend = trend_of(values);
  const double growth = trend.slope * static_cast<double>(values.size());
  return trend.t_value > kSureTrend && growth > kRealShare * level && growth > least;
}

}  // namespace

std::string_view name_of(Steadiness steadiness) {
  switch (steadiness) {
    case Steadiness::steady:
      return "steady";
    case Steadiness::growing:
      return "growing";
    case Steadiness::unsettled:
      return "unsettled";
    case Steadiness::too_short:
      return "too_short";
  }
  return {};
}

void SteadyStateMeter::Slot::add(const Slot& other) {
  arrived += other.arrived;
  left += other.left;
  completed += other.completed;
  met += other.met;
  with_tpot += other.with_tpot;
  ttft += other.ttft;
  e2e += other.e2e;
  tpot += other.tpot;
}

SteadyStateMeter::SteadyStateMeter(std::vector<SloLimits> limits)
    : limits_(std::move(limits)), slots_(kSlots), width_(kFirstWidth) {}

SteadyStateMeter::Slot& SteadyStateMeter::slot_at(TimePoint time) {
  while (time.time_since_epoch() >= width_ * static_cast<std::int64_t>(kSlots)) widen();
  return slots_[static_cast<std::size_t>(time.time_since_epoch() / width_)];
}

void SteadyStateMeter::widen() {
  for (std::size_t i = 0; i < kSlots / 2; ++i) {
    Slot merged = slots_[2 * i];
    merged.add(slots_[2 * i + 1]);
    slots_[i] = merged;
  }
  std::fill(slots_.begin() + kSlots / 2, slots_.end(), Slot{});
  width_ *= 2;
}

void SteadyStateMeter::on_request(const RequestRecord& record) {
  SIM_CHECK(record.cls.index() < limits_.size(), "a request of an unknown class");
  ++arrived_;
  if (record.outcome != Outcome::unfinished) ++slot_at(end_of(record)).left;
  Slot& slot = slot_at(record.arrival);
  ++slot.arrived;
  if (meets(limits_[record.cls.index()], record)) ++slot.met;
  const auto e2e = e2e_of(record);
  const auto ttft = ttft_of(record);
  if (record.outcome != Outcome::completed || !e2e || !ttft) return;
  ++slot.completed;
  slot.ttft += to_seconds(*ttft);
  slot.e2e += to_seconds(*e2e);
  if (const auto tpot = tpot_of(record)) {
    ++slot.with_tpot;
    slot.tpot += to_seconds(*tpot);
  }
}

std::size_t SteadyStateMeter::slots_with_arrivals() const {
  std::size_t end = 0;
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    if (slots_[i].arrived > 0) end = i + 1;
  }
  return end;
}

SteadyStateMeter::Series SteadyStateMeter::in_system(std::size_t slots) const {
  Series series;
  std::int64_t present = 0;
  for (std::size_t i = 0; i < slots; ++i) {
    present += slots_[i].arrived - slots_[i].left;
    series.push_back(static_cast<double>(present));
  }
  return series;
}

SteadyStateMeter::Series SteadyStateMeter::mean_stays(std::size_t from, std::size_t to) const {
  Series stays;
  Slot all;
  const std::size_t length = std::max<std::size_t>(1, (to - from) / kBatches);
  for (std::size_t begin = from; begin + length <= to; begin += length) {
    Slot sum;
    for (std::size_t i = begin; i < begin + length; ++i) sum.add(slots_[i]);
    if (sum.completed > 0) stays.push_back(sum.e2e / static_cast<double>(sum.completed));
    all.add(sum);
  }
  const bool cut_off = static_cast<double>(all.completed) < kMostlyCompleted * static_cast<double>(all.arrived);
  return cut_off ? Series{} : stays;
}

SteadyState SteadyStateMeter::result() const {
  SteadyState state;
  const std::size_t slots = slots_with_arrivals();
  if (arrived_ < kFewestRequests || slots < 2 * kBatches) return state;
  const Series present = in_system(slots);
  const auto cut = mser5(present);
  const std::span<const double> rest(present.begin() + static_cast<std::ptrdiff_t>(cut.value_or(0)), present.end());
  state.steadiness = cut ? Steadiness::steady : Steadiness::unsettled;
  const std::size_t middle = slots / 2;
  const std::span<const double> later(present.begin() + static_cast<std::ptrdiff_t>(middle), present.end());
  state.growth_per_second = trend_of(later).slope / to_seconds(width_);
  // More and more requests in the system are overload only if they are a real share of those that came and each also
  // stays longer and longer: when traffic itself grows, as while sessions begin, both stay small.
  const Series stays = mean_stays(middle, slots);
  std::int64_t arrived_later = 0;
  for (std::size_t i = middle; i < slots; ++i) arrived_later += slots_[i].arrived;
  const double piled_up = kShareOfArrivals * static_cast<double>(arrived_later);
  if (rises(later, mean_of(later), std::max(kFewRequests, piled_up)) &&
      (stays.empty() || rises(stays, mean_of(stays), 0))) {
    state.steadiness = Steadiness::growing;
  }
  if (!cut || rest.size() < 2 * kBatches) return state;
  state.warm_up = width_ * static_cast<std::int64_t>(*cut);
  if (state.steadiness == Steadiness::steady) estimate(state, *cut, slots);
  return state;
}

void SteadyStateMeter::estimate(SteadyState& state, std::size_t from, std::size_t to) const {
  const Series present = in_system(to);
  const std::size_t length = (to - from) / kBatches;
  Series in_system_means, ttft, tpot, e2e, attainment, goodput;
  for (std::size_t b = 0; b < kBatches; ++b) {
    Slot sum;
    double held = 0;
    for (std::size_t i = from + b * length; i < from + (b + 1) * length; ++i) {
      sum.add(slots_[i]);
      held += present[i];
    }
    in_system_means.push_back(held / static_cast<double>(length));
    goodput.push_back(static_cast<double>(sum.met) / (to_seconds(width_) * static_cast<double>(length)));
    if (sum.arrived > 0) attainment.push_back(static_cast<double>(sum.met) / static_cast<double>(sum.arrived));
    if (sum.completed > 0) ttft.push_back(sum.ttft / static_cast<double>(sum.completed));
    if (sum.completed > 0) e2e.push_back(sum.e2e / static_cast<double>(sum.completed));
    if (sum.with_tpot > 0) tpot.push_back(sum.tpot / static_cast<double>(sum.with_tpot));
  }
  state.in_system = estimate_mean(in_system_means, SteadyState::kConfidence);
  state.ttft = estimate_mean(ttft, SteadyState::kConfidence);
  state.tpot = estimate_mean(tpot, SteadyState::kConfidence);
  state.e2e = estimate_mean(e2e, SteadyState::kConfidence);
  state.attainment = estimate_mean(attainment, SteadyState::kConfidence);
  state.goodput = estimate_mean(goodput, SteadyState::kConfidence);
}

}  // namespace cleave
