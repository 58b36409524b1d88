#include "calibration/bench/grid/shapes.h"

#include <algorithm>

#include "models/units/check.h"

namespace cleave::bench {

const std::vector<ModelShape>& catalogue_shapes() {
  // name, layers, hidden, heads, kv heads, head dim, inner, vocabulary, experts, top k
  static const std::vector<ModelShape> shapes = {
      {"llama-3.1-8b", 32, 4096, 32, 8, 128, 14336, 128256, 0, 0},
      {"llama-3.1-70b", 80, 8192, 64, 8, 128, 28672, 128256, 0, 0},
      {"qwen3-32b", 64, 5120, 64, 8, 128, 25600, 151936, 0, 0},
      {"qwen3-30b-a3b", 48, 2048, 32, 4, 128, 768, 151936, 128, 8},
      {"mixtral-8x7b", 32, 4096, 32, 8, 128, 14336, 32000, 8, 2},
      {"qwen3-235b-a22b", 94, 4096, 64, 4, 128, 1536, 151936, 128, 8},
  };
  return shapes;
}

const ModelShape& catalogue_shape(const std::string& name) {
  const auto& shapes = catalogue_shapes();
  const auto found = std::find_if(shapes.begin(), shapes.end(), [&](const ModelShape& s) { return s.name == name; });
  SIM_CHECK(found != shapes.end(), "no such shape");
  return *found;
}

}  // namespace cleave::bench
