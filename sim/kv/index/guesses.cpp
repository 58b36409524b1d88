#include "sim/kv/index/guesses.h"

namespace cleave {

std::size_t Guesses::enter(ChainIndex& chains, std::span<const BlockKey> keys, HolderId holder, TimePoint now) {
  chains.insert(keys, holder, Layer::predicted, now);
  chains.nodes_along(keys, [&](ChainPosition node) { queue_.push_back({now, holder, node}); });
  return keys.size();
}

std::uint64_t Guesses::settle(ChainIndex& chains, TimePoint now) {
  std::uint64_t dropped = 0;
  const auto drop_oldest = [&] {
    const Entered oldest = queue_.front();
    queue_.pop_front();
    dropped += chains.expire(oldest.node, oldest.holder, oldest.at);
  };
  while (!queue_.empty() && queue_.front().at + ttl_ < now) drop_oldest();
  if (limit_ && chains.copies(Layer::predicted) > static_cast<std::uint64_t>(*limit_)) {
    const auto kept = static_cast<std::uint64_t>(prune_to_ * static_cast<double>(*limit_));
    while (!queue_.empty() && chains.copies(Layer::predicted) > kept) drop_oldest();
  }
  return dropped;
}

}  // namespace cleave
