#pragma once
// The prefix index in a run: holders' news go in, routers' questions are answered, and what was wrong is counted.

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "sim/core/kernel.h"
#include "sim/kv/block_observer.h"
#include "sim/kv/index/prefix_index.h"

namespace cleave {

/// How decisions fared. Tokens are of prompts; believed and true are of the replica that was chosen.
struct IndexOutcome {
  std::uint64_t decisions = 0;
  std::int64_t staleness_ns = 0;  // age of the belief about the chosen replica, summed
  std::int64_t believed_tokens = 0;
  std::int64_t true_tokens = 0;
  std::uint64_t false_hits = 0;  // decisions that believed in more than there was
  std::int64_t false_hit_tokens = 0;
  std::uint64_t missed_hits = 0;  // decisions that knew of less than there was
  std::int64_t missed_hit_tokens = 0;
  /// Computed although a candidate had it, where belief about the chosen or that candidate was wrong.
  std::int64_t wasted_prefill_tokens = 0;
  IndexCounters index;
  bool operator==(const IndexOutcome&) const = default;
};

/// What each replica has of a prompt, in leading blocks. Shape: by ReplicaId.
using HeldBlocks = std::span<std::uint32_t>;

class IndexDesk {
 public:
  /// `truth_of` reads replicas at this moment; `kernel` is borrowed. Without an index beliefs are the truth.
  IndexDesk(std::unique_ptr<PrefixIndex> index, std::size_t replicas, Kernel& kernel,
            std::function<void(std::span<const BlockKey>, HeldBlocks)> truth_of);
  ~IndexDesk();

  [[nodiscard]] bool has_index() const { return index_ != nullptr; }
  /// Who is to hear of a replica's blocks; nullptr: nobody needs to.
  [[nodiscard]] BlockObserver* observer(ReplicaId replica);

  /// What a router believes. Replicas must have been advanced to now.
  void believed(std::span<const BlockKey> keys, std::uint64_t request, HeldBlocks out);
  [[nodiscard]] TimePoint as_of(ReplicaId replica) const;

  /// A request was routed: compares what was believed with what is.
  void routed(std::span<const BlockKey> keys, std::uint64_t request, ReplicaId chosen,
              std::span<const ReplicaId> candidates, Tokens block_size);

  void restart();
  void resync();
  [[nodiscard]] IndexOutcome outcome() const;
  void check_consistency() const;

 private:
  class Reporter;

  std::unique_ptr<PrefixIndex> index_;
  Kernel& kernel_;
  std::function<void(std::span<const BlockKey>, HeldBlocks)> truth_of_;
  std::vector<std::unique_ptr<Reporter>> reporters_;  // by ReplicaId
  std::vector<std::uint32_t> belief_;                 // scratch, by ReplicaId
  std::vector<std::uint32_t> truth_;
  IndexOutcome outcome_;
};

}  // namespace cleave
