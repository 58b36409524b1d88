// What a region learns of prefixes in another, by each kind of directory.

#include "sim/cluster/directory.h"

#include <catch2/catch.hpp>
#include <set>

#include "sim/core/manual_kernel.h"

using namespace cleave;
using namespace std::chrono_literals;

namespace {

std::vector<BlockKey> keys_of(std::uint64_t name, std::size_t blocks) {
  std::vector<BlockKey> keys;
  for (std::size_t i = 0; i < blocks; ++i) keys.push_back(BlockKey{(name << 32 | i) * 0x9e3779b97f4a7c15ULL});
  return keys;
}

/// Replica 0 in region a, replica 1 in region b, 100 ms of round trip between them; replica 1 has 20 blocks of a prompt
/// from second 1 on.
struct TwoRegions {
  Scenario scenario;
  RegionMap regions;
  ManualKernel kernel;
  std::vector<BlockKey> prompt = keys_of(7, 30);
  Directory directory;

  explicit TwoRegions(const DirectoryParams& params)
      : scenario(joined()),
        regions(scenario),
        directory(params, regions, {{RegionId{0}, RegionId{1}}, {1000, 1000}, Tokens{16}, RngBook{1}.stream("d")},
                  kernel, [this](std::span<const BlockKey>, HeldBlocks out) {
                    out[0] = 3;  // at home, which nobody needs to ask about
                    out[1] = kernel.now() >= kStartOfTime + 1s ? 20U : 0U;
                  }) {
    kernel.at(kStartOfTime + 1s, {Phase::step}, [this] { store(); });
  }

  static Scenario joined() {
    Scenario scenario;
    scenario.federation.regions = {"a", "b"};
    scenario.federation.links = {{{"a", "b"}, 100ms, BytesPerSecond{1e9}}};
    return scenario;
  }
  void store() {
    BlockObserver* told = directory.observer(ReplicaId{1});
    if (told == nullptr) return;
    std::vector<BlockId> blocks;
    for (std::size_t i = 0; i < 20; ++i) blocks.emplace_back(i);
    told->on_sealed({blocks, std::span{prompt}.first(20), std::nullopt, true});
  }
  [[nodiscard]] IndexQuery query(Duration at) const { return {prompt, 0, kStartOfTime + at}; }
  /// What home, region a, was told by then: of replica 0 and of replica 1.
  std::vector<std::uint32_t> told(Duration at) {
    std::vector<std::uint32_t> out(2, 99);
    directory.told(RegionId{0}, query(at), out);
    return out;
  }
};

using Found = std::vector<std::uint32_t>;
using Asked = std::vector<RegionId>;

}  // namespace

TEST_CASE("without a directory a region is told nothing and asks nobody") {
  TwoRegions two{NoDirectory{}};
  two.kernel.run();
  CHECK(two.directory.observer(ReplicaId{1}) == nullptr);
  CHECK(two.directory.asks(RegionId{0}, two.prompt).empty());
  CHECK(two.told(100s) == Found{0, 0});
  CHECK(two.directory.bytes_sent(kStartOfTime + 100s) == 0);
}

TEST_CASE("digests tell of other regions at their intervals and after the way, never of home, and ask nobody") {
  TwoRegions two{DigestDirectory{2s, 10}};
  two.kernel.run();
  CHECK(two.directory.asks(RegionId{0}, two.prompt).empty());
  CHECK(two.told(2049ms) == Found{0, 0});
  CHECK(two.told(2050ms) == Found{0, 20});  // sent at 2 s, 50 ms on the way
  CHECK(two.directory.told_at(RegionId{0}, ReplicaId{1}, kStartOfTime + 3s) < kStartOfTime + 3s);
  // Two filters of 1000 blocks of 10 bits each two seconds, one each way.
  CHECK(two.directory.bytes_sent(kStartOfTime + 10s) == 2 * 5 * 1251);
}

TEST_CASE("a query asks every other region, and its answer is what is there when it arrives") {
  TwoRegions two{QueryDirectory{}};
  CHECK(two.directory.asks(RegionId{0}, two.prompt) == Asked{RegionId{1}});
  Found out(2, 0);
  two.directory.answer(RegionId{1}, two.query(0s), out);
  CHECK(out == Found{0, 0});
  two.kernel.run();
  two.directory.answer(RegionId{1}, two.query(1s), out);
  CHECK(out == Found{0, 20});  // of its own replicas alone
  CHECK(two.directory.bytes_sent(kStartOfTime + 10s) == 0);
}

TEST_CASE("a prompt's first blocks name one region to ask, whoever asks and whatever follows, it hears after the way") {
  TwoRegions two{HomeDirectory{4}};
  two.kernel.run();
  const Asked home = two.directory.asks(RegionId{0}, two.prompt);
  REQUIRE(home.size() == 1);
  CHECK(two.directory.asks(RegionId{1}, two.prompt) == home);
  CHECK(two.directory.asks(RegionId{0}, std::span{two.prompt}.first(4)) == home);
  std::set<RegionId> homes;
  for (std::uint64_t name = 1; name <= 20; ++name)
    homes.insert(two.directory.asks(RegionId{0}, keys_of(name, 9)).front());
  CHECK(homes.size() == 2);
  const Duration way = home.front() == RegionId{1} ? 0ms : 50ms;  // from replica 1
  Found out(2, 0);
  if (way > 0ms) {
    two.directory.answer(home.front(), two.query(1s + way - 1ns), out);
    CHECK(out == Found{0, 0});
  }
  two.directory.answer(home.front(), two.query(1s + way), out);
  CHECK(out == Found{0, 20});
}
