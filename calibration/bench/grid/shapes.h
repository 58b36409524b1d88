#pragma once
// Dimensions of the catalogue's models that the grids are made of. A test compares them with models/catalog/llm.

#include <cstdint>
#include <string>
#include <vector>

namespace cleave::bench {

/// One model with grouped attention. `experts` is 0 for a dense one, whose `inner` is that of its only MLP.
struct ModelShape {
  std::string name;
  std::int64_t layers = 0;
  std::int64_t hidden = 0;
  std::int64_t heads = 0;
  std::int64_t kv_heads = 0;
  std::int64_t head_dim = 0;
  std::int64_t inner = 0;
  std::int64_t vocab = 0;
  std::int64_t experts = 0;
  std::int64_t top_k = 0;

  [[nodiscard]] std::int64_t qkv_width() const { return (heads + 2 * kv_heads) * head_dim; }
};

[[nodiscard]] const std::vector<ModelShape>& catalogue_shapes();
/// SIM_CHECK: the name is one of them.
[[nodiscard]] const ModelShape& catalogue_shape(const std::string& name);

}  // namespace cleave::bench
