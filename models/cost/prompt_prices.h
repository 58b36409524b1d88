#pragma once
// Prices of prompts' attention, kept for when the same prompts come again.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "models/cost/rank_batch.h"

namespace cleave {

/// A table of fixed size, in pairs: the older of a pair makes room for a new price. What is kept changes no price.
/// Prompts of one length, and the chunks that a token budget cuts, come again and again; a fitted kernel takes
/// microseconds.
class PromptPrices {
 public:
  /// `price()` gives the seconds of `prompts`.
  template <class Price>
  double of(const PromptSum& prompts, Price price) {
    if (kept_.empty()) kept_.resize(kPairs);
    auto& [newer, older] = kept_[pair_of(prompts)];
    if (newer.is_of(prompts)) return newer.seconds;
    std::swap(newer, older);
    if (!newer.is_of(prompts)) newer = {prompts.chunks, prompts.tokens, prompts.prefix, price()};
    return newer.seconds;
  }

 private:
  static constexpr std::size_t kPairs = 4096;
  /// Without chunks: the price of nothing.
  struct Kept {
    double chunks = 0;
    double tokens = 0;
    double prefix = 0;
    double seconds = 0;

    [[nodiscard]] bool is_of(const PromptSum& prompts) const {
      return chunks == prompts.chunks && tokens == prompts.tokens && prefix == prompts.prefix;
    }
  };
  struct Pair {
    Kept newer;
    Kept older;
  };

  [[nodiscard]] static std::size_t pair_of(const PromptSum& prompts) {
    std::uint64_t hash = 0;
    for (const double part : {prompts.chunks, prompts.tokens, prompts.prefix}) {
      hash = (hash ^ std::bit_cast<std::uint64_t>(part)) * 0x9e3779b97f4a7c15ULL;
      hash ^= hash >> 32;
    }
    return hash & (kPairs - 1);
  }

  std::vector<Pair> kept_;
};

}  // namespace cleave
