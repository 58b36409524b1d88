#include "calibration/fit/math/neighbours.h"

#include <algorithm>
#include <numeric>

namespace cleave::fit {
namespace {

constexpr std::uint32_t kLeaf = 16;

}  // namespace

double square_distance(const Coordinates& a, const Coordinates& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size; ++i) sum += (a.at[i] - b.at[i]) * (a.at[i] - b.at[i]);
  return sum;
}

Neighbours::Neighbours(std::vector<Coordinates> points) : points_(std::move(points)), order_(points_.size()) {
  std::iota(order_.begin(), order_.end(), 0U);
  if (!points_.empty()) build(0, static_cast<std::uint32_t>(points_.size()));
}

std::uint32_t Neighbours::build(std::uint32_t begin, std::uint32_t end) {
  const auto node = static_cast<std::uint32_t>(nodes_.size());
  nodes_.push_back({begin, end, 0, 0, 0, 0});
  if (end - begin <= kLeaf) return node;
  std::uint32_t widest = 0;
  double width = -1;
  for (std::uint32_t axis = 0; axis < points_[0].size; ++axis) {
    double low = points_[order_[begin]].at[axis];
    double high = low;
    for (std::uint32_t i = begin; i < end; ++i) {
      low = std::min(low, points_[order_[i]].at[axis]);
      high = std::max(high, points_[order_[i]].at[axis]);
    }
    if (high - low > width) {
      width = high - low;
      widest = axis;
    }
  }
  if (width <= 0) return node;  // all in one place
  const std::uint32_t middle = begin + (end - begin) / 2;
  std::nth_element(order_.begin() + begin, order_.begin() + middle, order_.begin() + end,
                   [&](std::uint32_t a, std::uint32_t b) {
                     const double x = points_[a].at[widest];
                     const double y = points_[b].at[widest];
                     return x != y ? x < y : a < b;
                   });
  const double split = points_[order_[middle]].at[widest];
  const std::uint32_t left = build(begin, middle);
  const std::uint32_t right = build(middle, end);
  nodes_[node].axis = widest;
  nodes_[node].split = split;
  nodes_[node].left = left;
  nodes_[node].right = right;
  return node;
}

void Neighbours::search(std::uint32_t index, const Coordinates& at, std::size_t count,
                        std::vector<Neighbour>& heap) const {
  const Node& node = nodes_[index];
  if (node.left == 0) {
    for (std::uint32_t i = node.begin; i < node.end; ++i) {
      const Neighbour found{square_distance(points_[order_[i]], at), order_[i]};
      if (heap.size() < count) {
        heap.push_back(found);
        std::push_heap(heap.begin(), heap.end());
      } else if (found < heap.front()) {
        std::pop_heap(heap.begin(), heap.end());
        heap.back() = found;
        std::push_heap(heap.begin(), heap.end());
      }
    }
    return;
  }
  const double offset = at.at[node.axis] - node.split;
  search(offset < 0 ? node.left : node.right, at, count, heap);
  // Equal distances count too: the tie may go to a lower index on the far side.
  if (heap.size() < count || offset * offset <= heap.front().square) {
    search(offset < 0 ? node.right : node.left, at, count, heap);
  }
}

std::vector<Neighbour> Neighbours::nearest(const Coordinates& at, std::size_t count) const {
  std::vector<Neighbour> heap;
  if (points_.empty() || count == 0) return heap;
  heap.reserve(count);
  search(0, at, count, heap);
  std::sort_heap(heap.begin(), heap.end());
  return heap;
}

}  // namespace cleave::fit
