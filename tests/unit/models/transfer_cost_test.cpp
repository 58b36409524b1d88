// What descriptors, layouts, staging and codecs must obey.

#include <catch2/catch.hpp>

#include "models/transfer/transfer_cost.h"
#include "tests/unit/models/specs.h"

namespace cleave {
namespace {

using namespace std::chrono_literals;

constexpr KvShape kShape{80, 2, 8};  // Llama-70B

DescriptorCount count(const KvSide& from, const KvSide& to, std::int64_t blocks, Batching batching = Batching::batched,
                      std::int64_t runs = 1) {
  return count_descriptors(kShape, from, to, blocks, runs, batching, ReplicatedKv::every_rank);
}

KvSide side(std::uint32_t tp, BlockLayout layout = BlockLayout::layer_first, std::uint32_t pp = 1) {
  return {tp, pp, Tokens{16}, layout};
}

}  // namespace

// Source: NIXL's descriptor lists: Llama-3.1-70B tp 8, 32k tokens in blocks of 16.
TEST_CASE("layers first make a descriptor of each block, layer, and keys or values, blocks first one of each block") {
  CHECK(count(side(8), side(8), 2048).total == 8 * 327680);
  CHECK(count(side(8, BlockLayout::layer_fused), side(8, BlockLayout::layer_fused), 2048).total == 8 * 163840);
  CHECK(count(side(8, BlockLayout::block_first), side(8, BlockLayout::block_first), 2048).total == 8 * 2048);
  CHECK(count(side(1, BlockLayout::block_first, 4), side(1, BlockLayout::block_first, 4), 100).total == 400);
}

TEST_CASE("joining neighbours leaves a descriptor for each run, where both sides are cut alike") {
  CHECK(count(side(8), side(8), 2048, Batching::coalesced, 3).total == 8 * 3 * 160);
  CHECK(count(side(4), side(8), 2048, Batching::coalesced, 3).total == 8 * 2048 * 160);
  CHECK(count(side(8), side(8, BlockLayout::block_first), 2048, Batching::coalesced, 3).total == 8 * 2048 * 160);
}

TEST_CASE("other sharding on the other side cuts blocks into slices of heads, whatever the layout") {
  CHECK(count(side(2), side(4), 100).total == 4 * 100 * 160);
  CHECK(count(side(4), side(2), 100).total == 4 * 100 * 160);
  CHECK(count(side(2, BlockLayout::block_first), side(4, BlockLayout::block_first), 100).total == 4 * 100 * 160);
}

TEST_CASE("more ranks than KV heads receive copies") {
  CHECK(count(side(8), side(16), 10).copies == 2);
  CHECK(count(side(8), side(16), 10).total == 2 * 8 * 10 * 160);
  CHECK(count_descriptors(kShape, side(8), side(16), 10, 1, Batching::batched, ReplicatedKv::one_rank).copies == 1);
  const KvShape latent = kv_shape(catalogue().llm("deepseek-v3"));
  CHECK(latent.parts == 1);
  CHECK(latent.shards == 1);
  CHECK(count_descriptors(latent, side(8), side(8), 10, 1, Batching::batched, ReplicatedKv::every_rank).copies == 8);
}

TEST_CASE("layers of constant state have no blocks") {
  CHECK(kv_shape(catalogue().llm("qwen3-next-80b-a3b")).layers == 12);
}

TEST_CASE("blocks are cut or joined where one size divides the other") {
  CHECK_FALSE(reblocking_problem(Tokens{16}, Tokens{64}));
  CHECK_FALSE(reblocking_problem(Tokens{64}, Tokens{16}));
  CHECK(reblocking_problem(Tokens{16}, Tokens{24}));
}

TEST_CASE("no protocol is faster with more descriptors of the same bytes, or slower with more NICs") {
  for (const std::string_view name : catalogue().names(CatalogueKind::protocol)) {
    const ProtocolSpec& protocol = catalogue().protocol(name);
    CAPTURE(name);
    if (protocol.efficiency.size() > 1) continue;  // measured slower with very large descriptors
    const Bytes bytes{1'000'000'000};
    Duration before{};
    for (const std::int64_t descriptors : {1, 100, 10'000, 1'000'000}) {
      const auto took = [&](double raw) {
        return transfer_stages(protocol, {bytes, descriptors, 4, Batching::batched},
                               {BytesPerSecond{raw}, 1, BytesPerSecond{256e9}, false})
            .total(bytes);
      };
      CHECK(took(200e9) >= before);
      CHECK(took(400e9) <= took(200e9));
      before = took(200e9);
    }
  }
}

TEST_CASE("the first transfer between two places pays the connection") {
  const ProtocolSpec& protocol = catalogue().protocol("efa-write");
  const auto before = [&](bool first) {
    return transfer_stages(protocol, {Bytes{1000}, 1, 1, Batching::batched}, {BytesPerSecond{25e9}, 1, {}, first})
        .before;
  };
  CHECK(before(true) - before(false) == 26ms);
}

TEST_CASE("staging copies the first chunk before and the last chunk after the network's work") {
  const ProtocolSpec& protocol = catalogue().protocol("rdma-staged");
  const Bytes chunk = protocol.staging->chunk.value;
  const TransferStages stages = transfer_stages(protocol, {chunk * 100, 1, 1, Batching::batched},
                                                {BytesPerSecond{25e9}, 1, BytesPerSecond{50e9}, false});
  const double copy = static_cast<double>(chunk.value()) / (50e9 * protocol.staging->copy_efficiency.value);
  CHECK(to_seconds(stages.after) == Approx(copy));
  CHECK(to_seconds(stages.before - protocol.setup.value) == Approx(copy));
  CHECK(stages.rate.value() == Approx(25e9 * 0.87));
}

TEST_CASE("a codec pays where the network is slow, and costs where it is fast") {
  const CodecSpec& codec = catalogue().codec("cachegen");
  const Bytes bytes{1'000'000'000};
  const auto with = [&](double network) {
    const CodecStages stages = codec_stages(codec, bytes, Bytes{33'554'432}, 1, 1);
    const BytesPerSecond rate{std::min(network, stages.rate.value())};
    return to_seconds(stages.before + stages.after) + seconds_to_move(stages.bytes, rate);
  };
  const auto without = [&](double network) { return static_cast<double>(bytes.value()) / network; };
  CHECK(with(0.1e9) < without(0.1e9) / 6);
  CHECK(with(1e9) < without(1e9) / 5);
  CHECK(with(50e9) > without(50e9));
}

TEST_CASE("a conversion moves what it reads and what it writes through the memory once") {
  CHECK(conversion_time(Bytes{2'000'000'000}, Bytes{1'000'000'000}, BytesPerSecond{3e12}) == 1ms);
}

}  // namespace cleave
