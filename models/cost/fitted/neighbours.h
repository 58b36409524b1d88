#pragma once
// The nearest of many points, exactly, with ties broken by their order.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "models/cost/fitted/kernel_family.h"

namespace cleave {

struct Neighbour {
  double square = 0;  // of the distance
  std::uint32_t index = 0;

  friend bool operator<(const Neighbour& a, const Neighbour& b) {
    return a.square != b.square ? a.square < b.square : a.index < b.index;
  }
};

/// A k-d tree over fixed points of one dimension.
class Neighbours {
 public:
  explicit Neighbours(std::vector<Place> points);

  /// Fills `out` with the nearest points, nearest first. Result: how many, fewer than out.size() only when there are
  /// fewer points. Allocates nothing.
  [[nodiscard]] std::size_t nearest(const Place& at, std::span<Neighbour> out) const;
  [[nodiscard]] std::span<const Place> points() const { return points_; }

 private:
  struct Node {
    std::uint32_t begin = 0;  // of order_
    std::uint32_t end = 0;
    std::uint32_t axis = 0;
    double split = 0;
    std::uint32_t left = 0;  // nodes; 0: a leaf
    std::uint32_t right = 0;
  };
  struct Search;
  std::uint32_t build(std::uint32_t begin, std::uint32_t end);
  void search(std::uint32_t node, Search& search) const;

  void offer_leaf(const Node& leaf, Search& search) const;

  std::vector<Place> points_;
  std::vector<std::uint32_t> order_;  // of the points: those of a leaf lie together
  std::vector<double> along_;         // coordinates in that order, axis by axis: distances are computed side by side
  std::vector<Node> nodes_;
};

[[nodiscard]] double square_distance(const Place& a, const Place& b);

}  // namespace cleave
