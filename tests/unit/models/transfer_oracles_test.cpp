// Transfers that were measured, by the catalogue's protocols: bytes and descriptors in, milliseconds out.

#include <catch2/catch.hpp>

#include <array>
#include <cmath>
#include <string>

#include "models/transfer/transfer_cost.h"
#include "tests/unit/models/specs.h"

namespace cleave {
namespace {

double milliseconds(const ProtocolSpec& protocol, double bytes, std::int64_t descriptors, std::uint32_t ranks,
                    BytesPerSecond raw) {
  const Bytes whole{std::llround(bytes)};
  return to_seconds(transfer_stages(protocol, {whole, descriptors, ranks, Batching::batched}, {raw, 1, raw, false})
                        .total(whole)) *
         1e3;
}

struct Row {
  double megabytes;
  double milliseconds;
};

}  // namespace

// Source: Mooncake docs/performance/vllm/vllm-v1-pd-performance.md.
TEST_CASE("all nine transfers of Qwen3-8B between two H800 servers come out within 10 %") {
  constexpr std::array<Row, 9> rows{{{20, 0.54},
                                     {38, 0.61},
                                     {74, 0.92},
                                     {146, 1.5},
                                     {290, 2.51},
                                     {578, 4.75},
                                     {1130, 8.84},
                                     {2250, 16.43},
                                     {4500, 31.65}}};
  const LlmSpec& model = catalogue().llm("qwen3-8b");
  KvSide side;
  side.tp = 8;
  for (const Row& row : rows) {
    // 36 layers x 8 heads x 128 x keys and values x 2 bytes: 147456 a token.
    const double tokens = row.megabytes * 1e6 / 147456;
    const auto blocks = static_cast<std::int64_t>(std::ceil(tokens / 16));
    const auto count =
        count_descriptors(kv_shape(model), side, side, blocks, blocks, Batching::batched, ReplicatedKv::every_rank);
    const double simulated =
        milliseconds(catalogue().protocol("rdma-read"), row.megabytes * 1e6, count.total, 8, BytesPerSecond{8 * 25e9});
    CAPTURE(row.megabytes, row.milliseconds, simulated, count.total);
    CHECK(std::abs(simulated / row.milliseconds - 1) <= 0.10);
  }
}

// Source: Mooncake docs/performance/sglang/sglang-benchmark-results-v1.md.
TEST_CASE("both published ends of Qwen3-235B's transfers between two H20 servers come out within 10 %") {
  for (const Row& row : {Row{49, 2.07}, Row{12620, 76.8}}) {
    const double simulated =
        milliseconds(catalogue().protocol("rdma-write"), row.megabytes * 1e6, 1000, 8, BytesPerSecond{4 * 50e9});
    CAPTURE(row.megabytes, row.milliseconds, simulated);
    CHECK(std::abs(simulated / row.milliseconds - 1) <= 0.10);
  }
}

// Source: public notes on vLLM 0.26: Qwen3-32B tp 4, 120k tokens, blocks of 64, 7.5 GiB a rank.
TEST_CASE("64 against 122880 descriptors come out in the right order, each within 25 %") {
  constexpr double kBytes = 7.5 * 1024 * 1024 * 1024;
  const ProtocolSpec& local = catalogue().protocol("cuda-ipc");
  const ProtocolSpec& remote = catalogue().protocol("infiniband-read");
  const BytesPerSecond nvlink{450e9};
  const BytesPerSecond infiniband{50e9};
  const double local_joined = milliseconds(local, kBytes, 64, 1, nvlink);
  const double local_apart = milliseconds(local, kBytes, 122880, 1, nvlink);
  const double remote_joined = milliseconds(remote, kBytes, 64, 1, infiniband);
  const double remote_apart = milliseconds(remote, kBytes, 122880, 1, infiniband);
  CAPTURE(local_joined, local_apart, remote_joined, remote_apart);
  CHECK(local_joined < remote_apart);
  CHECK(remote_apart < remote_joined);
  CHECK(remote_joined < local_apart);
  CHECK(std::abs(local_joined / 23.15 - 1) <= 0.25);
  CHECK(std::abs(local_apart / 459 - 1) <= 0.25);
  CHECK(std::abs(remote_joined / 226 - 1) <= 0.25);
  CHECK(std::abs(remote_apart / 163 - 1) <= 0.25);
}

TEST_CASE("the descriptors of that transfer are counted from the model, the layout and the block size") {
  const LlmSpec& model = catalogue().llm("qwen3-32b");
  KvSide side;
  side.tp = 4;
  side.block = Tokens{64};
  side.layout = BlockLayout::layer_fused;
  // 120k tokens are 1920 blocks of 64 (122 880 tokens); a rank has a quarter of all.
  const auto apart =
      count_descriptors(kv_shape(model), side, side, 1920, 1, Batching::batched, ReplicatedKv::every_rank);
  CHECK(apart.total / 4 == 122880);
  const auto joined =
      count_descriptors(kv_shape(model), side, side, 1920, 1, Batching::coalesced, ReplicatedKv::every_rank);
  CHECK(joined.total / 4 == 64);
}

// Source: Mooncake docs efa_transport.md, p5en: 16 NICs of 200 Gb/s.
TEST_CASE("EFA by block size comes out within 15 %, writes and reads") {
  struct Sizes {
    double kibibytes;
    double write;
    double read;
  };
  constexpr std::array<Sizes, 6> rows{
      {{64, 97, 97}, {128, 191, 204}, {256, 325, 296}, {512, 358, 289}, {1024, 353, 301}, {2048, 367, 302}}};
  constexpr std::int64_t kBlocks = 100'000;  // long enough that set-up does not matter
  for (const Sizes& row : rows) {
    const double bytes = row.kibibytes * 1024 * kBlocks;
    const auto rate = [&](const char* protocol) {
      return bytes / (milliseconds(catalogue().protocol(protocol), bytes, kBlocks, 1, BytesPerSecond{400e9}) * 1e-3) *
             1e-9;
    };
    CAPTURE(row.kibibytes, rate("efa-write"), rate("efa-read"));
    CHECK(std::abs(rate("efa-write") / row.write - 1) <= 0.15);
    CHECK(std::abs(rate("efa-read") / row.read - 1) <= 0.15);
  }
}

// Source: NIXL issue 1514: Llama-70B tp 8 over libfabric, 118 fragmented blocks.
TEST_CASE("posting 18880 descriptors over libfabric blocks for 46 ms, 160 joined ones for less than one") {
  const ProtocolSpec& protocol = catalogue().protocol("efa-libfabric-read");
  KvSide side;
  side.tp = 8;
  const auto count = count_descriptors(kv_shape(catalogue().llm("llama-3.1-70b")), side, side, 118, 118,
                                       Batching::batched, ReplicatedKv::every_rank);
  CHECK(count.total / 8 == 18880);
  const auto posting = [&](std::int64_t descriptors) {
    const TransferStages stages = transfer_stages(protocol, {Bytes{1'000'000'000}, descriptors, 1, Batching::batched},
                                                  {BytesPerSecond{50e9}, 1, {}, false});
    return to_seconds(stages.before - protocol.setup.value) * 1e3;
  };
  CHECK(posting(18880) == Approx(46).epsilon(0.02));
  CHECK(posting(160) < 1);
}

// Source: SGLang pull request 7236: 10k tokens of DeepSeek-V3, 650 ms range by range, 60 ms in one batch.
TEST_CASE("calls for each range are an order of magnitude slower than one batch") {
  const ProtocolSpec& protocol = catalogue().protocol("rdma-read");
  const Bytes bytes{70272LL * 10'000};
  const auto total = [&](Batching batching) {
    return to_seconds(transfer_stages(protocol, {bytes, 61 * 157, 1, batching}, {BytesPerSecond{25e9}, 1, {}, false})
                          .total(bytes)) *
           1e3;
  };
  CHECK(total(Batching::each) == Approx(650).epsilon(0.1));
  CHECK(total(Batching::batched) == Approx(60).epsilon(0.35));
}

// Source: Mooncake FAST25, 5.4.1: 40 GB between hosts.
TEST_CASE("TCP is 2.4 times slower than RDMA on 4 x 200 Gb/s and 4.6 times on 8 x 400 Gb/s") {
  const Bytes bytes{40'000'000'000};
  const auto seconds = [&](const char* protocol, double raw) {
    const BytesPerSecond copies{8 * 64e9};
    return to_seconds(transfer_stages(catalogue().protocol(protocol), {bytes, 1000, 1, Batching::batched},
                                      {BytesPerSecond{raw}, 1, copies, false})
                          .total(bytes));
  };
  CHECK(40 / seconds("rdma-staged", 100e9) == Approx(87).epsilon(0.02));
  CHECK(seconds("tcp", 100e9) / seconds("rdma-staged", 100e9) == Approx(2.4).epsilon(0.03));
  // RDMA reached 190 GB/s there, by fewer NICs' worth than the wires have: our host buffers would allow 348.
  CHECK(40 / seconds("tcp", 400e9) == Approx(190 / 4.6).epsilon(0.03));
}

}  // namespace cleave
