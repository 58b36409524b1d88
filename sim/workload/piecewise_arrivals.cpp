// A Poisson process of varying rate, by inversion: unit-rate arrivals in "expected arrivals so far", mapped back to
// time. One draw an arrival, so that changing the rate moves arrivals but never the draws of later ones.

#include <cmath>

#include "sim/workload/arrival_process.h"
#include "sim/workload/param_check.h"

namespace cleave {

namespace {

// The rate over [begin, begin + length), linear from `first` to `last`; length < 0: without end.
struct Piece {
  double begin = 0;
  double length = 0;
  double first = 0;
  double last = 0;

  [[nodiscard]] bool endless() const { return length < 0; }
  [[nodiscard]] double rate_at(double offset) const {
    return endless() ? first : first + (last - first) * offset / length;
  }
  [[nodiscard]] double expected_from(double offset) const { return 0.5 * (rate_at(offset) + last) * (length - offset); }
  // The offset by which `wanted` more arrivals than at `offset` are expected; wanted <= expected_from(offset).
  [[nodiscard]] double invert(double offset, double wanted) const {
    if (wanted <= 0) return offset;
    const double rate = rate_at(offset);
    if (endless()) return offset + wanted / rate;
    const double slope = (last - first) / length;
    // Root of slope/2 x^2 + rate x = wanted, in the form that stays exact as the slope goes to zero.
    const double discriminant = std::fmax(rate * rate + 2.0 * slope * wanted, 0.0);
    return std::fmin(offset + 2.0 * wanted / (rate + std::sqrt(discriminant)), length);
  }
};

std::vector<Piece> make_pieces(const PiecewiseArrivals& params) {
  const auto& points = params.points;
  std::vector<Piece> pieces;
  const double before = to_seconds(points.front().at);
  if (before > 0) pieces.push_back({0, before, points.front().rate.value(), points.front().rate.value()});
  for (std::size_t i = 1; i < points.size(); ++i) {
    const double begin = to_seconds(points[i - 1].at);
    pieces.push_back({begin, to_seconds(points[i].at) - begin, points[i - 1].rate.value(), points[i].rate.value()});
  }
  const double begin = to_seconds(points.back().at);
  const double rate = points.back().rate.value();
  const double length = params.repeat ? to_seconds(*params.repeat) - begin : -1.0;
  if (length != 0) pieces.push_back({begin, length, rate, rate});
  return pieces;
}

class Piecewise final : public ArrivalProcess {
 public:
  Piecewise(std::vector<Piece> pieces, Rng rng) : pieces_(std::move(pieces)), rng_(rng) {
    const Piece& last = pieces_.back();
    period_ = last.endless() ? 0 : last.begin + last.length;
  }

  std::optional<TimePoint> next() override {
    double wanted = exponential(rng_, 1.0);
    for (;;) {
      const Piece& piece = pieces_[piece_];
      if (piece.endless()) {
        if (piece.first <= 0) return std::nullopt;
        break;
      }
      const double expected = piece.expected_from(offset_);
      if (expected >= wanted) break;
      wanted -= expected;
      step();
    }
    offset_ = pieces_[piece_].invert(offset_, wanted);
    return kStartOfTime + nearest_nanosecond(base_ + pieces_[piece_].begin + offset_);
  }

 private:
  void step() {
    offset_ = 0;
    if (++piece_ == pieces_.size()) {
      piece_ = 0;
      base_ += period_;
    }
  }

  std::vector<Piece> pieces_;
  Rng rng_;
  double period_ = 0;
  double base_ = 0;  // start of the current repetition
  std::size_t piece_ = 0;
  double offset_ = 0;
};

void check(const PiecewiseArrivals& params, const std::string& path) {
  require(!params.points.empty(), path, "points", params.points.size(), "at least one point");
  bool any = false;
  for (std::size_t i = 0; i < params.points.size(); ++i) {
    const std::string field = fmt::format("points[{}]", i);
    const double rate = params.points[i].rate.value();
    require(std::isfinite(rate) && rate >= 0, path, field + ".rate", rate, "zero or more");
    require(i == 0 || params.points[i].at > params.points[i - 1].at, path, field + ".at",
            to_seconds(params.points[i].at), "a later time than the point before it");
    any = any || rate > 0;
  }
  require(any, path, "points", 0, "at least one rate above zero");
  if (params.repeat) {
    require(*params.repeat >= params.points.back().at && *params.repeat > Duration::zero(), path, "repeat",
            to_seconds(*params.repeat), "a period that reaches the last point");
  }
}

}  // namespace

std::unique_ptr<ArrivalProcess> make_piecewise(const PiecewiseArrivals& params, Rng rng, const std::string& path) {
  check(params, path);
  return std::make_unique<Piecewise>(make_pieces(params), rng);
}

}  // namespace cleave
