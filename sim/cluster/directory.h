#pragma once
// What each region knows of the prefixes that lie in others: told by filters, or asked for.

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "sim/cluster/index_desk.h"
#include "sim/cluster/regions.h"
#include "sim/core/kernel.h"
#include "sim/kv/index/prefix_index.h"

namespace cleave {

/// What a directory is made from. Shape: by ReplicaId.
struct DirectorySetup {
  std::vector<RegionId> region_of;
  std::vector<std::int64_t> blocks;  // that each can have; 0: no limit
  Tokens block_size{16};
  Rng rng;
};

class Directory {
 public:
  /// Reads what replicas hold at this moment.
  using TruthFn = std::function<void(std::span<const BlockKey>, HeldBlocks)>;

  /// Borrows `regions` and `kernel`.
  Directory(const DirectoryParams& params, const RegionMap& regions, DirectorySetup setup, Kernel& kernel,
            TruthFn truth_of);
  ~Directory();

  /// Who is to hear of a replica's blocks; nullptr: nobody.
  [[nodiscard]] BlockObserver* observer(ReplicaId replica);

  /// The regions that a router asks about a prompt; none where it believes what it was told, or knows nothing.
  [[nodiscard]] std::vector<RegionId> asks(RegionId home, std::span<const BlockKey> keys) const;
  /// What `asked` answers at this moment, into `out`: of its own replicas, or of all whose entries it keeps. Replicas
  /// must have been advanced to now.
  void answer(RegionId asked, const IndexQuery& query, HeldBlocks out);
  /// What `home` was told of the replicas of other regions. Not of its own: those entries are zero.
  void told(RegionId home, const IndexQuery& query, HeldBlocks out);

  /// The moment at which what `home` was told of a replica was true.
  [[nodiscard]] TimePoint told_at(RegionId home, ReplicaId replica, TimePoint now) const;

  /// Filters and events that all regions have sent by now.
  [[nodiscard]] std::uint64_t bytes_sent(TimePoint now);
  void check_consistency() const;

 private:
  class Reporter;
  struct Entry {  // a replica's place in one index
    PrefixIndex* index = nullptr;
    HolderId holder;
  };
  void make_digests(const DigestDirectory& params);
  void make_homes();

  DirectoryParams params_;
  const RegionMap& regions_;
  DirectorySetup setup_;
  TruthFn truth_of_;
  std::vector<std::unique_ptr<PrefixIndex>> indexes_;  // by the region that has it
  std::vector<std::vector<ReplicaId>> holders_;        // of each index, by HolderId
  std::vector<std::unique_ptr<Reporter>> reporters_;   // by ReplicaId
  std::vector<std::uint32_t> scratch_;
};

}  // namespace cleave
