#pragma once
// Loads from tiers that one engine begins: at a request's turn in the queue, with the step that admits it, or from the
// back while it is computed from the front.

#include <map>
#include <vector>

#include "sim/cluster/cluster.h"
#include "sim/engine/kv_connector.h"

namespace cleave {

class Cluster::TierConnector final : public KvConnector {
 public:
  TierConnector(Cluster& cluster, ReplicaId id) : cluster_(cluster), id_(id) {}

  std::optional<ConnectorMatch> matched(const Sequence& sequence, Tokens local) override;
  void allocated(Sequence& sequence, Tokens local, const ConnectorMatch& match) override;
  std::int64_t meet(const Sequence& sequence, std::int64_t front, std::int64_t budget) override;
  bool step_begins(Duration compute) override;
  void computed(const Sequence&, Tokens) override {}
  bool left(const Sequence&, HoldId) override { return false; }
  void forget(const Sequence& sequence) override;

  /// Loads what a plan names from the back; the sequence's gap says so, and its blocks are held.
  void load_from_back(Sequence& sequence, std::size_t local, const ReusePlan& plan);

 private:
  /// A load with the step that admits its sequence.
  struct StepLoad {
    Sequence* sequence = nullptr;
    std::size_t local = 0;
    std::size_t until = 0;
    std::optional<std::uint32_t> load;  // nullopt: the step has not begun
  };

  [[nodiscard]] Tokens block_size() const;
  [[nodiscard]] Tokens in_tokens(std::size_t blocks) const;
  [[nodiscard]] std::span<const BlockKey> keys_of(const Sequence& sequence) const;
  [[nodiscard]] LoadMode mode() const;
  void load_while_waiting(Sequence& sequence, std::size_t local, const ReusePlan& plan);
  bool load_with_step(StepLoad& load, Duration compute);
  void on_step_load(const Sequence& sequence, const LoadEnd& end);
  void count_loaded(Sequence& sequence, const LoadEnd& end);
  void end_step_load();

  Cluster& cluster_;
  ReplicaId id_;
  std::map<std::uint32_t, std::uint32_t> loads_;  // under way besides those with a step, by owner of their sequence
  std::vector<StepLoad> with_step_;               // to begin with the next step, or under way with the present one
  TimePoint step_began_;
  Duration step_compute_{};
  TimePoint layers_end_;
};

}  // namespace cleave
