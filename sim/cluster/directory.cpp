#include "sim/cluster/directory.h"

#include <algorithm>
#include <utility>

namespace cleave {

/// Passes one replica's news on to every index that lists it.
class Directory::Reporter final : public BlockObserver {
 public:
  explicit Reporter(Kernel& kernel) : kernel_(kernel) {}
  void add(Entry entry) { entries_.push_back(entry); }

  void on_sealed(const SealedRun& run) override {
    for (const Entry& e : entries_) e.index->sealed(e.holder, run, time());
  }
  void on_forgotten(std::span<const BlockId> blocks, bool gone) override {
    for (const Entry& e : entries_) e.index->forgotten(e.holder, blocks, gone, time());
  }
  void on_cleared() override {
    for (const Entry& e : entries_) e.index->cleared(e.holder, time());
  }
  void tells_of(std::optional<TimePoint> time) override { earlier_ = time; }

 private:
  [[nodiscard]] TimePoint time() const { return earlier_.value_or(kernel_.now()); }

  Kernel& kernel_;
  std::vector<Entry> entries_;
  std::optional<TimePoint> earlier_;
};

Directory::Directory(const DirectoryParams& params, const RegionMap& regions, DirectorySetup setup, Kernel& kernel,
                     TruthFn truth_of)
    : params_(params),
      regions_(regions),
      setup_(std::move(setup)),
      truth_of_(std::move(truth_of)),
      scratch_(setup_.region_of.size()) {
  for (std::size_t r = 0; r < setup_.region_of.size(); ++r) reporters_.push_back(std::make_unique<Reporter>(kernel));
  if (const auto* digest = std::get_if<DigestDirectory>(&params_)) make_digests(*digest);
  if (std::holds_alternative<HomeDirectory>(params_)) make_homes();
  for (std::size_t i = 0; i < indexes_.size(); ++i) {
    for (std::size_t h = 0; h < holders_[i].size(); ++h) {
      reporters_[holders_[i][h].index()]->add({indexes_[i].get(), HolderId{h}});
    }
  }
}

Directory::~Directory() = default;

/// Each region hears of the replicas of all others.
void Directory::make_digests(const DigestDirectory& params) {
  for (std::size_t to = 0; to < regions_.count(); ++to) {
    IndexSetup setup{{}, setup_.block_size, setup_.rng.below(to)};
    std::vector<ReplicaId>& listed = holders_.emplace_back();
    for (std::size_t r = 0; r < setup_.region_of.size(); ++r) {
      if (setup_.region_of[r] == RegionId{to}) continue;
      listed.push_back(ReplicaId{r});
      setup.holder_blocks.push_back(setup_.blocks[r]);
      setup.distance.push_back(regions_.one_way(setup_.region_of[r], RegionId{to}));
    }
    indexes_.push_back(
        make_prefix_index(DigestIndex{params.interval, Duration{0}, params.bits_per_block}, std::move(setup)));
  }
}

/// Each region is home to some prompts. All events go into the index of each, of which only the entries of its own
/// prompts are ever looked at: a real holder sends an event to one home alone, and is counted so.
void Directory::make_homes() {
  for (std::size_t at = 0; at < regions_.count(); ++at) {
    IndexSetup setup{setup_.blocks, setup_.block_size, setup_.rng.below(at)};
    std::vector<ReplicaId>& listed = holders_.emplace_back();
    for (std::size_t r = 0; r < setup_.region_of.size(); ++r) {
      listed.push_back(ReplicaId{r});
      setup.distance.push_back(regions_.one_way(setup_.region_of[r], RegionId{at}));
    }
    EventIndex events;
    events.delay = Duration{0};
    indexes_.push_back(make_prefix_index(events, std::move(setup)));
  }
}

BlockObserver* Directory::observer(ReplicaId replica) {
  return indexes_.empty() ? nullptr : reporters_[replica.index()].get();
}

std::vector<RegionId> Directory::asks(RegionId home, std::span<const BlockKey> keys) const {
  if (keys.empty()) return {};
  if (const auto* by_hash = std::get_if<HomeDirectory>(&params_)) {
    const std::size_t last = std::min<std::size_t>(by_hash->blocks, keys.size()) - 1;
    const std::uint64_t hash = static_cast<std::uint64_t>(keys[last]) * 0x9e3779b97f4a7c15ULL >> 32;
    return {RegionId{hash % regions_.count()}};
  }
  std::vector<RegionId> others;
  if (!std::holds_alternative<QueryDirectory>(params_)) return others;
  for (std::size_t r = 0; r < regions_.count(); ++r) {
    if (RegionId{r} != home) others.push_back(RegionId{r});
  }
  return others;
}

void Directory::answer(RegionId asked, const IndexQuery& query, HeldBlocks out) {
  if (std::holds_alternative<HomeDirectory>(params_)) return indexes_[asked.index()]->believed(query, out);
  truth_of_(query.keys, scratch_);
  for (std::size_t r = 0; r < out.size(); ++r) {
    if (setup_.region_of[r] == asked) out[r] = scratch_[r];
  }
}

void Directory::told(RegionId home, const IndexQuery& query, HeldBlocks out) {
  std::fill(out.begin(), out.end(), 0U);
  if (!std::holds_alternative<DigestDirectory>(params_)) return;
  const std::vector<ReplicaId>& listed = holders_[home.index()];
  indexes_[home.index()]->believed(query, std::span{scratch_}.first(listed.size()));
  for (std::size_t h = 0; h < listed.size(); ++h) out[listed[h].index()] = scratch_[h];
}

TimePoint Directory::told_at(RegionId home, ReplicaId replica, TimePoint now) const {
  if (!std::holds_alternative<DigestDirectory>(params_)) return kStartOfTime;
  const std::vector<ReplicaId>& listed = holders_[home.index()];
  const auto at = std::find(listed.begin(), listed.end(), replica);
  if (at == listed.end()) return kStartOfTime;
  return indexes_[home.index()]->as_of(HolderId{static_cast<std::size_t>(at - listed.begin())}, now);
}

std::uint64_t Directory::bytes_sent(TimePoint now) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < indexes_.size(); ++i) {
    indexes_[i]->believed({{}, 0, now},
                          std::span{scratch_}.first(holders_[i].size()));  // what has arrived is counted then
    sum += indexes_[i]->counters().event_bytes;
  }
  return std::holds_alternative<HomeDirectory>(params_) ? sum / indexes_.size() : sum;
}

void Directory::check_consistency() const {
  for (const auto& index : indexes_) index->check_consistency();
}

}  // namespace cleave
