// What holds for every row of the table.
#include <algorithm>

#include "tests/unit/eviction/streams.h"

using namespace cleave;
using namespace cleave::test;

TEST_CASE("a cache that holds every block misses each once, under every policy") {
  const BlockStream stream = tree_stream(3, 150, 10);  // shorter than the time to live
  for (const EvictionEntry& policy : eviction_policies()) {
    INFO(policy.name);
    const ReplayCounts counts = replay(policy, stream, stream.unique).counts;
    CHECK(counts.accesses == stream.blocks.size());
    CHECK(counts.hits == stream.blocks.size() - stream.unique);
    CHECK(counts.leading_run_hits == counts.hits);
  }
}

TEST_CASE("no policy has more hits than the offline optimum") {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const BlockStream stream = seed % 2 == 0 ? tree_stream(seed, 300, 10) : flat_stream(seed, 2000, 60);
    for (const std::size_t capacity : {1, 4, 17, 40}) {
      const std::uint64_t most = replay("belady-bypass", stream, capacity).counts.hits;
      for (const EvictionEntry& policy : eviction_policies()) {
        if (policy.by_request) continue;  // whose requests come all at once: another problem than block by block
        CAPTURE(seed, capacity, policy.name);
        const ReplayCounts counts = replay(policy, stream, capacity).counts;
        CHECK(counts.hits <= most);
        CHECK(counts.leading_run_hits <= counts.hits);
      }
    }
  }
}

TEST_CASE("the same stream and seed give the same hits, and another seed moves only policies that draw") {
  const BlockStream stream = flat_stream(5, 5000, 200);
  const std::vector<std::string_view> drawing = {"hyperbolic", "lecar", "lhd", "random"};
  for (const EvictionEntry& policy : eviction_policies()) {
    INFO(policy.name);
    const ReplayResult first = replay(policy, stream, 40, 1);
    CHECK(first == replay(policy, stream, 40, 1));
    const bool draws = std::find(drawing.begin(), drawing.end(), policy.name) != drawing.end();
    CHECK((first == replay(policy, stream, 40, 2)) != draws);
  }
}

TEST_CASE("a policy is found by each of its names, however they are written") {
  for (const EvictionEntry& policy : eviction_policies()) {
    CHECK(find_eviction_policy(policy.name) == &policy);
    if (!policy.also.empty()) CHECK(find_eviction_policy(policy.also) == &policy);
    CHECK(!policy.help.empty());
  }
  CHECK(find_eviction_policy("S3-FIFO") == find_eviction_policy("s3fifo"));
  CHECK(find_eviction_policy("Clock_2bit") == find_eviction_policy("clock-2bit"));
  CHECK(find_eviction_policy("lruu") == nullptr);
  CHECK(find_eviction_policy("") == nullptr);
}
