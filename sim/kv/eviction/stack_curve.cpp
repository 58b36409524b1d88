#include "sim/kv/eviction/stack_curve.h"

#include <algorithm>
#include <limits>

#include "sim/kv/eviction/recompute_cost.h"

namespace cleave {

namespace {

constexpr std::uint32_t kCold = std::numeric_limits<std::uint32_t>::max();

/// Blocks by last use. A Fenwick tree counts the marked places; a block's latest place is marked.
class UseOrder {
 public:
  explicit UseOrder(std::uint32_t unique)
      : latest_(unique, kCold), tree_(std::size_t{4} * std::max(unique, 256U) + 1), owner_(tree_.size()) {}

  /// Blocks used since this one was, itself included; kCold when it never was.
  [[nodiscard]] std::uint32_t distance(std::uint32_t block) const {
    if (latest_[block] == kCold) return kCold;
    return marked_ - up_to(latest_[block]);
  }

  void use(std::uint32_t block) {
    if (next_ + 1 == tree_.size()) compact();
    if (latest_[block] != kCold) {
      add(latest_[block], ~0U);
    } else {
      ++marked_;
    }
    latest_[block] = next_;
    owner_[next_] = block;
    add(next_++, 1);
  }

 private:
  // Marks at places before this one.
  [[nodiscard]] std::uint32_t up_to(std::uint32_t place) const {
    std::uint32_t sum = 0;
    for (std::uint32_t i = place; i > 0; i &= i - 1) sum += tree_[i];
    return sum;
  }
  void add(std::uint32_t place, std::uint32_t amount) {
    for (std::uint32_t i = place + 1; i < tree_.size(); i += i & (~i + 1)) tree_[i] += amount;
  }
  // Marked places move together, at the front.
  void compact() {
    std::uint32_t kept = 0;
    for (std::uint32_t place = 0; place < next_; ++place) {
      const std::uint32_t block = owner_[place];
      if (latest_[block] != place) continue;
      latest_[block] = kept;
      owner_[kept++] = block;
    }
    std::fill(tree_.begin(), tree_.end(), 0);
    for (std::uint32_t place = 0; place < kept; ++place) add(place, 1);
    next_ = kept;
  }

  std::vector<std::uint32_t> latest_;  // by block
  std::vector<std::uint32_t> tree_;
  std::vector<std::uint32_t> owner_;  // by place
  std::uint32_t next_ = 0;
  std::uint32_t marked_ = 0;
};

}  // namespace

StackCurve::StackCurve(const BlockStream& stream) : bins_(std::size_t{stream.unique} + 1) {}

StackCurve StackCurve::lru(const BlockStream& stream) {
  StackCurve curve(stream);
  UseOrder order(stream.unique);
  std::vector<std::uint32_t> distances;
  for (std::size_t i = 0; i < stream.requests(); ++i) {
    distances.clear();
    for (const std::uint32_t block : stream.request(i)) {
      distances.push_back(order.distance(block));
      order.use(block);
    }
    curve.count(stream, i, distances);
  }
  curve.sum_up();
  return curve;
}

StackCurve StackCurve::lru_by_request(const BlockStream& stream) {
  StackCurve curve(stream);
  UseOrder order(stream.unique);
  std::vector<std::uint32_t> distances;
  for (std::size_t i = 0; i < stream.requests(); ++i) {
    const auto blocks = stream.request(i);
    distances.clear();
    for (const std::uint32_t block : blocks) distances.push_back(order.distance(block));
    for (std::size_t n = blocks.size(); n-- > 0;) order.use(blocks[n]);
    curve.count(stream, i, distances);
  }
  curve.sum_up();
  return curve;
}

void StackCurve::count(const BlockStream& stream, std::size_t request, const std::vector<std::uint32_t>& distances) {
  offered_.add_request(distances.size(), 0, Tokens{0}, stream.inputs[request]);
  std::uint32_t farthest = 0;
  for (std::size_t i = 0; i < distances.size(); ++i) {
    farthest = std::max(farthest, distances[i]);
    if (distances[i] != kCold) ++bins_[distances[i]].hits;
    if (farthest == kCold) continue;
    const auto begin = static_cast<std::uint64_t>(stream.tokens_of(request, i).value());
    const auto end = static_cast<std::uint64_t>(stream.tokens_of(request, i + 1).value());
    Bin& bin = bins_[farthest];
    ++bin.leading;
    bin.leading_tokens += end - begin;
    bin.leading_token_squares += end * end - begin * begin;
  }
}

void StackCurve::sum_up() {
  for (std::size_t i = 1; i < bins_.size(); ++i) {
    bins_[i].hits += bins_[i - 1].hits;
    bins_[i].leading += bins_[i - 1].leading;
    bins_[i].leading_tokens += bins_[i - 1].leading_tokens;
    bins_[i].leading_token_squares += bins_[i - 1].leading_token_squares;
  }
}

ReplayCounts StackCurve::at(std::size_t capacity) const {
  const Bin& bin = bins_[std::min(capacity, bins_.size() - 1)];
  ReplayCounts counts = offered_;
  counts.hits = bin.hits;
  counts.leading_run_hits = bin.leading;
  counts.leading_run_tokens = Tokens{static_cast<std::int64_t>(bin.leading_tokens)};
  counts.leading_run_cost = static_cast<double>(bin.leading_tokens) +
                            static_cast<double>(bin.leading_token_squares) / 2 / kAttentionEqualsLinear;
  return counts;
}

}  // namespace cleave
