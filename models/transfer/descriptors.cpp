#include "models/transfer/descriptors.h"

#include <fmt/format.h>

#include <algorithm>
#include <variant>

namespace cleave {
namespace {

/// Ranks that hold different parts of a token's entry.
std::int64_t shards_of(const KvShape& shape, const KvSide& side) {
  return std::min<std::int64_t>(side.tp, shape.shards);
}

}  // namespace

KvShape kv_shape(const LlmSpec& model) {
  KvShape shape;
  bool any = false;
  for (const LayerGroup& group : model.layers) {
    std::int64_t heads = 1;
    std::int64_t parts = 1;
    if (const auto* grouped = std::get_if<GroupedAttention>(&group.attention)) {
      heads = grouped->kv_heads;
      parts = 2;
    } else if (std::holds_alternative<LinearAttention>(group.attention)) {
      continue;  // constant state, moved in one piece
    }
    shape.layers += group.count;
    shape.parts = any ? std::max(shape.parts, parts) : parts;
    shape.shards = any ? std::min(shape.shards, heads) : heads;
    any = true;
  }
  return shape;
}

std::optional<std::string> reblocking_problem(Tokens from, Tokens to) {
  const auto [low, high] = std::minmax({from.value(), to.value()});
  if (high % low == 0) return std::nullopt;
  return fmt::format("blocks of {} tokens cannot be cut into or joined to blocks of {}", from.value(), to.value());
}

DescriptorCount count_descriptors(const KvShape& shape, const KvSide& from, const KvSide& to, std::int64_t blocks,
                                  std::int64_t runs, Batching batching, ReplicatedKv replicated) {
  const std::int64_t from_shards = shards_of(shape, from);
  const std::int64_t to_shards = shards_of(shape, to);
  const bool same_cut = from_shards == to_shards && from.pp == to.pp;
  const bool same_layout = from.layout == to.layout;
  const auto pieces_of = [&](BlockLayout layout) {  // of one block, on one rank's shard, over all stages
    if (layout == BlockLayout::layer_fused && from_shards == to_shards) return shape.layers;
    if (layout == BlockLayout::block_first && from_shards == to_shards) {
      return static_cast<std::int64_t>(std::max(from.pp, to.pp));
    }
    return shape.layers * shape.parts;
  };
  const std::int64_t pieces = std::max(pieces_of(from.layout), pieces_of(to.layout));
  const bool joins = batching == Batching::coalesced && same_cut && same_layout && from.block == to.block;
  DescriptorCount count;
  count.copies =
      replicated == ReplicatedKv::every_rank ? static_cast<double>(to.tp) / static_cast<double>(to_shards) : 1.0;
  const std::int64_t shards = std::max(from_shards, to_shards);
  const auto each = static_cast<double>((joins ? std::min(runs, blocks) : blocks) * pieces * shards);
  count.total = static_cast<std::int64_t>(each * count.copies);
  return count;
}

}  // namespace cleave
