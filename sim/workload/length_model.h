#pragma once
// Draws lengths in tokens (or numbers of turns) from what a scenario says.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "models/units/units.h"
#include "sim/core/rng.h"
#include "sim/workload/params.h"

namespace cleave {

/// A distribution of positive whole numbers. Stateless: all randomness comes from the stream given to draw().
class LengthModel {
 public:
  /// Reads and checks `params`; a histogram's file is read here.
  /// Errors: ConfigError that begins with `path`, the key path of the field.
  LengthModel(const LengthParams& params, const std::string& path);

  /// >= 1. A fixed length draws nothing from `rng`.
  [[nodiscard]] Tokens draw(Rng& rng) const;

 private:
  struct Bin {
    double cumulative = 0;  // weight up to and including this bin, over the total
    std::int64_t tokens = 0;
  };
  struct Bins {
    std::vector<Bin> bins;
  };
  std::variant<FixedLength, UniformLength, LognormalLength, Bins> model_;

  static Bins make_bins(const HistogramLength& histogram, const std::string& path);
};

}  // namespace cleave
