#include "calibration/fit/report/nodes.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace cleave::fit {
namespace {

constexpr std::size_t kRounds = 3;
constexpr double kApart = 1;

class Chooser {
 public:
  explicit Chooser(const ResidualField& field)
      : points_(field.points()),
        smoothing_(field.smoothing()),
        parts_(field.parts()),
        taken_(points_.size(), false),
        square_(points_.size(), std::numeric_limits<double>::infinity()) {
    for (const Place& point : points_) smooth_.push_back(field.at(point));
  }

  void spread(std::size_t count) {
    std::size_t next = 0;
    while (chosen_.size() < count) {
      take(next);
      next = static_cast<std::size_t>(std::max_element(square_.begin(), square_.end()) - square_.begin());
      if (square_[next] <= 0) break;
    }
  }

  /// Nodes of one call keep a distance: a single gap needs one. What that leaves of `count` is taken in any place.
  void where_it_errs(std::size_t count) {
    std::vector<Place> places;
    std::vector<double> values;
    for (const std::uint32_t i : chosen_) {
      places.push_back(points_[i]);
      values.push_back(smooth_[i]);
    }
    const ResidualField sofar(std::move(places), std::move(values), thinned(smoothing_), parts_);
    std::vector<std::pair<double, std::uint32_t>> errors;
    for (std::uint32_t i = 0; i < points_.size(); ++i) {
      if (!taken_[i]) errors.emplace_back(-std::abs(sofar.at(points_[i]) - smooth_[i]), i);
    }
    std::sort(errors.begin(), errors.end());
    const std::size_t before = chosen_.size();
    for (const bool anywhere : {false, true}) {
      for (const auto& [error, i] : errors) {
        if (chosen_.size() == before + count) return;
        if (!taken_[i] && (anywhere || apart(i, before))) take(i);
      }
    }
  }

  [[nodiscard]] std::vector<std::uint32_t> sorted() const {
    std::vector<std::uint32_t> out = chosen_;
    std::sort(out.begin(), out.end());
    return out;
  }
  [[nodiscard]] std::size_t size() const { return chosen_.size(); }

 private:
  void take(std::size_t index) {
    taken_[index] = true;
    chosen_.push_back(static_cast<std::uint32_t>(index));
    for (std::size_t i = 0; i < points_.size(); ++i) {
      square_[i] = std::min(square_[i], square_distance(points_[i], points_[index]));
    }
  }

  [[nodiscard]] bool apart(std::uint32_t index, std::size_t from) const {
    return std::all_of(chosen_.begin() + static_cast<std::ptrdiff_t>(from), chosen_.end(), [&](std::uint32_t other) {
      return square_distance(points_[index], points_[other]) > kApart * kApart;
    });
  }

  std::span<const Place> points_;
  Smoothing smoothing_;
  std::span<const Coordinates> parts_;
  std::vector<double> smooth_;
  std::vector<bool> taken_;
  std::vector<double> square_;  // to the nearest chosen one
  std::vector<std::uint32_t> chosen_;
};

}  // namespace

Smoothing thinned(Smoothing smoothing) {
  smoothing.noise = 1e-3;
  return smoothing;
}

std::vector<std::uint32_t> choose_nodes(const ResidualField& field, std::size_t count) {
  if (field.size() == 0) return {};
  count = std::min(count, field.size());
  Chooser chooser(field);
  chooser.spread((count + 1) / 2);
  for (std::size_t round = 0; round < kRounds; ++round) {
    chooser.where_it_errs((count - chooser.size()) / (kRounds - round));
  }
  return chooser.sorted();
}

}  // namespace cleave::fit
