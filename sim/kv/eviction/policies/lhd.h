#pragma once
// Least hit density: the block goes that will bring the fewest hits for the time it would still take up.

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

#include "sim/core/rng.h"
#include "sim/kv/eviction/policies/drawn.h"
#include "sim/kv/eviction/policy_params.h"
#include "sim/kv/eviction/slot_array.h"

namespace cleave {

/// What ages blocks of each class had when they were hit, or dropped; and what follows for a block of some age: hits to
/// come per age step that it will still be cached.
class HitDensities {
 public:
  static constexpr std::size_t kAges = 256;
  static constexpr std::size_t kClasses = 5;

  /// Until something was learnt, younger blocks are worth more.
  HitDensities() {
    for (auto& of_class : density_) {
      for (std::size_t age = 0; age < kAges; ++age) of_class[age] = 1.0 / static_cast<double>(age + 1);
    }
  }

  void hit(std::size_t cls, std::size_t age) { ++hits_[cls][age]; }
  void dropped(std::size_t cls, std::size_t age) { ++drops_[cls][age]; }
  [[nodiscard]] double at(std::size_t cls, std::size_t age) const { return density_[cls][age]; }

  /// Density at age a: of all lives of the class that got to a, those that ended there or later with a hit, over the
  /// time that all of them went on for. What was counted before then weighs nine tenths.
  void learn() {
    for (std::size_t cls = 0; cls < kClasses; ++cls) {
      double hits = 0;
      double ends = 0;
      double time = 0;
      for (std::size_t age = kAges; age-- > 0;) {
        hits += hits_[cls][age];
        ends += hits_[cls][age] + drops_[cls][age];
        time += ends;
        if (time > 0) density_[cls][age] = hits / time;
        hits_[cls][age] *= kKept;
        drops_[cls][age] *= kKept;
      }
    }
  }

 private:
  static constexpr double kKept = 0.9;
  using Ages = std::array<double, kAges>;
  std::array<Ages, kClasses> hits_{};
  std::array<Ages, kClasses> drops_{};
  std::array<Ages, kClasses> density_{};
};

/// Of 32 blocks drawn the one with the least hit density goes. Classes are by hits so far (0, 1, 2-3, 4-7, more), the
/// only thing that blocks of one size and one tenant differ in; ages are counted in sixteenths of the capacity.
/// Source: Beckmann, Chen, Cidon, "LHD: improving cache hit rate by maximizing hit density", NSDI 2018. The paper
/// leaves classes, resolution and pace to the implementation: those here are ours.
class Lhd {
 public:
  explicit Lhd(const PolicyParams& params)
      : rng_(RngBook{params.seed}.stream("eviction/lhd")),
        step_(std::max<std::uint64_t>(1, params.capacity / 16)),
        pace_(std::max<std::uint64_t>(1024, 4 * params.capacity)) {}

  void hit(Slot slot, const Access& access) {
    Block& block = blocks_[slot];
    densities_.hit(class_of(block), age_of(block, access));
    block.used = access.number;
    ++block.hits;
    pass(access);
  }
  void insert(Slot slot, const Access& access) {
    blocks_.set(slot, {access.number, 0});
    bag_.insert(slot);
    pass(access);
  }
  void erase(Slot slot) { bag_.remove(slot); }
  Slot victim(const Access& access) {
    const auto density_of = [&](Slot slot) {
      return densities_.at(class_of(blocks_[slot]), age_of(blocks_[slot], access));
    };
    Slot least = bag_.draw(rng_);
    double lowest = density_of(least);
    for (int i = 1; i < kSamples; ++i) {
      const Slot slot = bag_.draw(rng_);
      const double density = density_of(slot);
      // Among equals the least recently used.
      if (density > lowest || (density == lowest && blocks_[slot].used >= blocks_[least].used)) continue;
      least = slot;
      lowest = density;
    }
    densities_.dropped(class_of(blocks_[least]), age_of(blocks_[least], access));
    bag_.remove(least);
    return least;
  }

 private:
  static constexpr int kSamples = 32;
  struct Block {
    std::uint64_t used = 0;
    std::uint32_t hits = 0;
  };
  [[nodiscard]] static std::size_t class_of(const Block& block) {
    return std::min<std::size_t>(HitDensities::kClasses - 1, static_cast<std::size_t>(std::bit_width(block.hits)));
  }
  [[nodiscard]] std::size_t age_of(const Block& block, const Access& now) const {
    return static_cast<std::size_t>(
        std::min<std::uint64_t>(HitDensities::kAges - 1, (now.number - block.used) / step_));
  }
  void pass(const Access& access) {
    if (access.number < learnt_at_ + pace_) return;
    densities_.learn();
    learnt_at_ = access.number;
  }

  Rng rng_;
  std::uint64_t step_;
  std::uint64_t pace_;
  std::uint64_t learnt_at_ = 0;
  HitDensities densities_;
  SlotBag bag_;
  SlotArray<Block> blocks_;
};

}  // namespace cleave
