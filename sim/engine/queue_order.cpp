#include "sim/engine/queue_order.h"

#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include "sim/engine/rules.h"
#include "sim/engine/state_cache.h"

namespace cleave {
namespace {

struct Ranked {
  Sequence* sequence = nullptr;
  std::int64_t cached = 0;  // tokens
  bool held_back = false;
};

std::vector<Ranked> match_all(EngineState& state, const EngineParams& params) {
  std::vector<Ranked> all;
  std::set<BlockKey> beginnings;
  const auto shared =
      static_cast<std::size_t>(blocks_needed(params.cache_aware.hold_back_from, state.block_size));
  for (Sequence* sequence : state.waiting) {
    Ranked ranked{sequence, 0, false};
    const auto keys = reusable_keys(*sequence, state.block_size);
    const auto cached = keys.first(sequence->blocks.empty() ? state.memory->match_to_use(keys) : 0);
    ranked.cached = sequence->blocks.empty()
                        ? static_cast<std::int64_t>(startable(state, cached).size()) * state.block_size.value()
                        : sequence->computed;
    if (ranked.cached <= params.cache_aware.check_below.value() && shared > 0 && keys.size() >= shared) {
      ranked.held_back = !beginnings.insert(keys[shared - 1]).second;
    }
    all.push_back(ranked);
  }
  return all;
}

template <class Key>
void sort_by(EngineState& state, std::vector<Ranked> all, const Key& key) {
  std::stable_sort(all.begin(), all.end(), [&](const Ranked& a, const Ranked& b) { return key(a) < key(b); });
  std::transform(all.begin(), all.end(), state.waiting.begin(), [](const Ranked& r) { return r.sequence; });
}

/// Tokens that were computed while a sequence waited, over what it has to compute itself.
double response_ratio(const EngineState& state, const Ranked& ranked) {
  const std::int64_t uncached = ranked.sequence->known - ranked.cached;
  if (uncached <= 0) return std::numeric_limits<double>::infinity();
  return static_cast<double>(state.prefilled - ranked.sequence->prefilled_before) / static_cast<double>(uncached);
}

/// Depth first through the radix tree, the subtree with most waiting sequences first; a node's own sequences come after
/// those of its children.
class DfsWeight {
 public:
  explicit DfsWeight(EngineState& state) {
    for (Sequence* sequence : state.waiting) {
      std::uint32_t parent = kRoot;
      for (const std::uint32_t node : state.memory->path_of(reusable_keys(*sequence, state.block_size))) {
        std::vector<std::uint32_t>& children = children_[parent];
        if (std::find(children.begin(), children.end(), node) == children.end()) children.push_back(node);
        ++weight_[node];
        parent = node;
      }
      own_[parent].push_back(sequence);
    }
    order_.assign(state.waiting.begin(), state.waiting.end());
    order_.clear();
    visit(kRoot);
    std::copy(order_.begin(), order_.end(), state.waiting.begin());
  }

 private:
  static constexpr std::uint32_t kRoot = 0;

  void visit(std::uint32_t node) {
    std::vector<std::uint32_t> children = children_[node];
    std::stable_sort(children.begin(), children.end(),
                     [this](std::uint32_t a, std::uint32_t b) { return weight_[a] > weight_[b]; });
    for (const std::uint32_t child : children) visit(child);
    const std::vector<Sequence*>& own = own_[node];
    order_.insert(order_.end(), own.begin(), own.end());
  }

  std::map<std::uint32_t, std::vector<std::uint32_t>> children_;
  std::map<std::uint32_t, std::vector<Sequence*>> own_;
  std::map<std::uint32_t, std::int64_t> weight_;
  std::vector<Sequence*> order_;
};

}  // namespace

void order_waiting(EngineState& state, const EngineParams& params) {
  const bool crowded = static_cast<std::int64_t>(state.waiting.size()) > params.cache_aware.most_waiting;
  const auto last = [](const Ranked& r) { return r.held_back; };
  switch (params.queue_order) {
    case QueueOrder::fcfs:
    case QueueOrder::priority:
      return;
    case QueueOrder::lpm:
      if (crowded) return;
      return sort_by(state, match_all(state, params), [&](const Ranked& r) {
        return std::pair(last(r), r.held_back ? 0 : -r.cached);
      });
    case QueueOrder::hrrn:
      if (crowded) return;
      return sort_by(state, match_all(state, params), [&](const Ranked& r) {
        return std::tuple(last(r), r.held_back ? 0.0 : -response_ratio(state, r), r.sequence->request->id);
      });
    case QueueOrder::shortest_prefill:
      return sort_by(state, match_all(state, params), [&](const Ranked& r) {
        return std::tuple(last(r), std::max<std::int64_t>(1, r.sequence->known - r.cached), r.sequence->queued_at);
      });
    case QueueOrder::dfs_weight:
      DfsWeight{state};
      return;
    case QueueOrder::lof:
      std::stable_sort(state.waiting.begin(), state.waiting.end(), [&](const Sequence* a, const Sequence* b) {
        return output_limit(*a, params) > output_limit(*b, params);
      });
      return;
  }
}

}  // namespace cleave
