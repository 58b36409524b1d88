#pragma once
// What is kept of every completed request until the end of the run.

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "models/units/units.h"

namespace cleave {

struct FinishedRow {
  Duration ttft{};
  Duration e2e{};
  Duration queue{};
  std::optional<Duration> tpot;
  ClassId cls;
  bool measured = false;  // arrived in the measured window
};
static_assert(sizeof(FinishedRow) <= 48, "memory per finished request is promised to users");

/// Grows by whole chunks: nothing is copied, and no more than one chunk is spare.
class FinishedRows {
 public:
  void push_back(const FinishedRow& row) {
    if (size_ % kChunk == 0) chunks_.push_back(std::make_unique<Chunk>());
    (*chunks_.back())[size_ % kChunk] = row;
    ++size_;
  }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] const FinishedRow& operator[](std::size_t i) const { return (*chunks_[i / kChunk])[i % kChunk]; }

 private:
  static constexpr std::size_t kChunk = 1024;
  using Chunk = std::array<FinishedRow, kChunk>;
  std::vector<std::unique_ptr<Chunk>> chunks_;
  std::size_t size_ = 0;
};

}  // namespace cleave
