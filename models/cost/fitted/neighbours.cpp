#include "models/cost/fitted/neighbours.h"

#include <algorithm>
#include <numeric>

namespace cleave {
namespace {

constexpr std::uint32_t kLeaf = 64;

}  // namespace

double square_distance(const Place& a, const Place& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size; ++i) sum += (a.at[i] - b.at[i]) * (a.at[i] - b.at[i]);
  return sum;
}

Neighbours::Neighbours(std::vector<Place> points) : points_(std::move(points)), order_(points_.size()) {
  std::iota(order_.begin(), order_.end(), 0U);
  if (points_.empty()) return;
  build(0, static_cast<std::uint32_t>(points_.size()));
  for (std::size_t axis = 0; axis < points_[0].size; ++axis) {
    for (const std::uint32_t point : order_) along_.push_back(points_[point].at[axis]);
  }
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

/// The best so far, worst on top.
struct Neighbours::Search {
  const Place& at;
  std::span<Neighbour> heap;
  std::size_t size = 0;

  void offer(const Neighbour& found) {
    if (size < heap.size()) {
      heap[size++] = found;
      std::push_heap(heap.begin(), heap.begin() + static_cast<std::ptrdiff_t>(size));
    } else if (found < heap[0]) {
      std::pop_heap(heap.begin(), heap.end());
      heap.back() = found;
      std::push_heap(heap.begin(), heap.end());
    }
  }
};

void Neighbours::offer_leaf(const Node& leaf, Search& state) const {
  for (std::uint32_t begin = leaf.begin; begin < leaf.end; begin += kLeaf) {
    const std::uint32_t count = std::min(kLeaf, leaf.end - begin);
    std::array<double, kLeaf> squares{};
    for (std::size_t axis = 0; axis < state.at.size; ++axis) {
      const double* const along = &along_[axis * points_.size() + begin];
      const double here = state.at.at[axis];
      for (std::uint32_t i = 0; i < count; ++i) squares[i] += (along[i] - here) * (along[i] - here);
    }
    for (std::uint32_t i = 0; i < count; ++i) state.offer({squares[i], order_[begin + i]});
  }
}

void Neighbours::search(std::uint32_t index, Search& state) const {
  const Node& node = nodes_[index];
  if (node.left == 0) return offer_leaf(node, state);
  const double offset = state.at.at[node.axis] - node.split;
  search(offset < 0 ? node.left : node.right, state);
  // Equal distances count too: the tie may go to a lower index on the far side.
  if (state.size < state.heap.size() || offset * offset <= state.heap[0].square) {
    search(offset < 0 ? node.right : node.left, state);
  }
}

std::size_t Neighbours::nearest(const Place& at, std::span<Neighbour> out) const {
  if (points_.empty() || out.empty()) return 0;
  Search state{at, out};
  search(0, state);
  std::sort_heap(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(state.size));
  return state.size;
}

}  // namespace cleave
