#include "sim/cluster/index_desk.h"

#include <algorithm>
#include <utility>

namespace cleave {

/// Passes one replica's news on, with their times.
class IndexDesk::Reporter final : public BlockObserver {
 public:
  Reporter(IndexDesk& desk, HolderId holder) : desk_(desk), holder_(holder) {}

  void on_sealed(const SealedRun& run) override { desk_.index_->sealed(holder_, run, time()); }
  void on_forgotten(std::span<const BlockId> blocks, bool gone) override {
    desk_.index_->forgotten(holder_, blocks, gone, time());
  }
  void on_cleared() override { desk_.index_->cleared(holder_, time()); }
  void tells_of(std::optional<TimePoint> time) override { earlier_ = time; }

 private:
  [[nodiscard]] TimePoint time() const { return earlier_.value_or(desk_.kernel_.now()); }

  IndexDesk& desk_;
  HolderId holder_;
  std::optional<TimePoint> earlier_;
};

IndexDesk::IndexDesk(std::unique_ptr<PrefixIndex> index, std::size_t replicas, Kernel& kernel,
                     std::function<void(std::span<const BlockKey>, HeldBlocks)> truth_of)
    : index_(std::move(index)), kernel_(kernel), truth_of_(std::move(truth_of)), belief_(replicas), truth_(replicas) {
  for (std::size_t i = 0; i < replicas; ++i) reporters_.push_back(std::make_unique<Reporter>(*this, HolderId{i}));
}

IndexDesk::~IndexDesk() = default;

BlockObserver* IndexDesk::observer(ReplicaId replica) {
  return index_ && index_->wants_events() ? reporters_[replica.index()].get() : nullptr;
}

void IndexDesk::believed(std::span<const BlockKey> keys, std::uint64_t request, HeldBlocks out) {
  if (!index_) return truth_of_(keys, out);
  index_->believed({keys, request, kernel_.now()}, out);
}

TimePoint IndexDesk::as_of(ReplicaId replica) const {
  return index_ ? index_->as_of(HolderId{replica.index()}, kernel_.now()) : kernel_.now();
}

void IndexDesk::routed(std::span<const BlockKey> keys, std::uint64_t request, ReplicaId chosen,
                       std::span<const ReplicaId> candidates, Tokens block_size) {
  if (!index_) return;
  const TimePoint now = kernel_.now();
  index_->believed({keys, request, now}, belief_);
  if (!index_->truth(keys, truth_)) truth_of_(keys, truth_);
  const std::int64_t block = block_size.value();
  const auto there = static_cast<std::int64_t>(truth_[chosen.index()]);
  const auto thought = static_cast<std::int64_t>(belief_[chosen.index()]);
  ++outcome_.decisions;
  outcome_.staleness_ns += (now - as_of(chosen)).count();
  outcome_.believed_tokens += thought * block;
  outcome_.true_tokens += there * block;
  outcome_.false_hits += thought > there ? 1 : 0;
  outcome_.false_hit_tokens += std::max<std::int64_t>(0, thought - there) * block;
  outcome_.missed_hits += thought < there ? 1 : 0;
  outcome_.missed_hit_tokens += std::max<std::int64_t>(0, there - thought) * block;
  std::int64_t best = there;
  for (const ReplicaId candidate : candidates) {
    const bool wrong = thought != there || belief_[candidate.index()] != truth_[candidate.index()];
    if (wrong) best = std::max(best, static_cast<std::int64_t>(truth_[candidate.index()]));
  }
  outcome_.wasted_prefill_tokens += (best - there) * block;
  index_->routed({keys, request, now}, HolderId{chosen.index()});
}

void IndexDesk::restart() {
  index_->restart(kernel_.now());
}

void IndexDesk::resync() {
  index_->resync(kernel_.now());
}

IndexOutcome IndexDesk::outcome() const {
  IndexOutcome outcome = outcome_;
  if (index_) outcome.index = index_->counters();
  return outcome;
}

void IndexDesk::check_consistency() const {
  if (index_) index_->check_consistency();
}

}  // namespace cleave
