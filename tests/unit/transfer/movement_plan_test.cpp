// Plans of movements: what protocols, layouts, codecs and conversions make of a parcel of KV.

#include "sim/transfer/movement_plan.h"

#include <catch2/catch.hpp>

#include <vector>

#include "tests/unit/models/specs.h"

using namespace cleave;
using namespace std::chrono_literals;

namespace {

const PlaceId kFrom{0};
const PlaceId kTo{1};

TransferSpecs specs_of(const char* protocol) {
  TransferSpecs specs;
  specs.network = catalogue().protocol(protocol);
  specs.local = catalogue().protocol("cuda-ipc");
  return specs;
}

/// Llama-70B between replicas of eight accelerators with NICs of 50 GB/s.
KvPath path_over(const TransferSpecs& specs) {
  KvPath path;
  path.specs = &specs;
  path.shape = {80, 2, 8};
  path.from.tp = path.to.tp = 8;
  path.bytes_out = path.bytes_in = 327'680;
  path.from_accelerators = path.to_accelerators = 8;
  path.route = {BytesPerSecond{400e9}, 1, BytesPerSecond{512e9}, false};
  path.links = BytesPerSecond{400e9 * specs.network.best_share()};
  path.message_latency = 50us;
  return path;
}

KvParcel parcel_of(std::int64_t tokens) {
  KvParcel parcel;
  parcel.tokens = static_cast<double>(tokens);
  parcel.blocks = parcel.runs = blocks_needed(Tokens{tokens}, Tokens{16});
  return parcel;
}

Movement plan(const KvPath& path, const KvParcel& parcel) {
  return plan_movement(path, parcel, kFrom, kTo);
}

}  // namespace

TEST_CASE("a read pays the protocol's set-up once a request, and moves each byte once") {
  const TransferSpecs specs = specs_of("rdma-read");
  KvParcel parcel = parcel_of(32'000);
  const Movement first = plan(path_over(specs), parcel);
  CHECK(first.bytes == Bytes{32'000LL * 327'680});
  CHECK(first.setup == specs.network.setup.value);
  CHECK(first.after == Duration{0});
  CHECK_FALSE(first.protocol_cap);  // 4 KiB descriptors post faster than the wire takes them
  CHECK_FALSE(first.via);
  parcel.first = false;
  CHECK(plan(path_over(specs), parcel).setup == Duration{0});
}

TEST_CASE("a write asks where to, unless it was told, and tells when all is there") {
  const TransferSpecs specs = specs_of("rdma-write");
  KvParcel parcel = parcel_of(1000);
  CHECK(plan(path_over(specs), parcel).after == 50us);
  CHECK(plan(path_over(specs), parcel).setup == specs.network.setup.value);
  parcel.asks_first = true;
  CHECK(plan(path_over(specs), parcel).setup == specs.network.setup.value + 50us);
}

TEST_CASE("within a domain, posting each block and layer is over before the first byte moves") {
  const TransferSpecs specs = specs_of("rdma-read");
  KvPath path = path_over(specs);
  path.reach = KvPath::Reach::local;
  path.route.raw = BytesPerSecond{8 * 450e9};
  path.links = BytesPerSecond{8 * 450e9};
  const KvParcel parcel = parcel_of(32'000);
  const double posting = 2000 * 160 * 3.36e-6;  // blocks x (layers, keys and values), ranks post at once
  CHECK(to_seconds(plan(path, parcel).setup - specs.local.setup.value) == Approx(posting));
  path.from.layout = path.to.layout = BlockLayout::block_first;
  CHECK(to_seconds(plan(path, parcel).setup - specs.local.setup.value) == Approx(posting / 160));
}

TEST_CASE("joining neighbours spares posting as far as blocks lie side by side") {
  const TransferSpecs specs = specs_of("efa-libfabric-read");
  KvPath path = path_over(specs);
  path.batching = Batching::coalesced;
  KvParcel parcel = parcel_of(32'000);
  const Duration apart = plan(path, parcel).setup;
  parcel.runs = 10;
  const Duration joined = plan(path, parcel).setup;
  CHECK(to_seconds(apart - joined) == Approx((2000 - 10) * 160 * 2.44e-6));
}

TEST_CASE("a decode side of other tensor parallelism gets slices, more and smaller pieces of the same bytes") {
  const TransferSpecs specs = specs_of("efa-libfabric-read");
  KvPath same = path_over(specs);
  KvPath wider = same;
  same.from.tp = same.to.tp = 4;
  wider.from.tp = 4;
  const KvParcel parcel = parcel_of(32'000);
  CHECK(plan(wider, parcel).bytes == plan(same, parcel).bytes);
  // Reading ranks post: twice as many of them, each as many descriptors as before.
  CHECK(plan(wider, parcel).setup == plan(same, parcel).setup);
  KvPath narrower = same;
  narrower.from.tp = 8;
  CHECK(to_seconds(plan(narrower, parcel).setup - specs.network.setup.value) ==
        Approx(2 * to_seconds(plan(same, parcel).setup - specs.network.setup.value)));
}

TEST_CASE("with a kernel that reshards, blocks move whole and are put in place afterwards") {
  const TransferSpecs specs = specs_of("efa-libfabric-read");
  KvPath path = path_over(specs);
  path.to.tp = 4;
  const KvParcel parcel = parcel_of(32'000);
  const Movement slices = plan(path, parcel);
  path.transposed_at = BytesPerSecond{4 * 2.4e12};
  path.from.layout = path.to.layout = BlockLayout::block_first;
  const Movement kernel = plan(path, parcel);
  CHECK(kernel.setup < slices.setup / 50);
  CHECK(to_seconds(kernel.after) == Approx(2 * 32'000.0 * 327'680 / (4 * 2.4e12)));
}

TEST_CASE("ranks that hold the same KV each fetch a copy, or one does") {
  const TransferSpecs specs = specs_of("rdma-read");
  KvPath path = path_over(specs);
  path.shape = kv_shape(catalogue().llm("deepseek-v3"));
  path.bytes_out = path.bytes_in = 70'272;
  CHECK(plan(path, parcel_of(1000)).bytes == Bytes{8 * 70'272'000});
  path.replicated = ReplicatedKv::one_rank;
  CHECK(plan(path, parcel_of(1000)).bytes == Bytes{70'272'000});
}

TEST_CASE("another format on the other side is converted by a kernel, where fewer bytes then cross the network") {
  const TransferSpecs specs = specs_of("rdma-read");
  KvPath path = path_over(specs);
  const BytesPerSecond memory{8 * 2.4e12};
  path.bytes_in = path.bytes_out / 2;
  path.conversion = KvConversion{true, memory};
  const KvParcel parcel = parcel_of(32'000);
  const Duration kernel = conversion_time(Bytes{32'000LL * 327'680}, Bytes{16'000LL * 327'680}, memory);
  CHECK(plan(path, parcel).bytes == Bytes{16'000LL * 327'680});
  CHECK(plan(path, parcel).setup == specs.network.setup.value + kernel);
  std::swap(path.bytes_in, path.bytes_out);
  path.conversion->at_sender = false;
  CHECK(plan(path, parcel).bytes == Bytes{16'000LL * 327'680});
  CHECK(plan(path, parcel).after == kernel);
}

TEST_CASE("larger blocks on one side are cut into the other's") {
  const TransferSpecs specs = specs_of("efa-libfabric-read");
  KvPath path = path_over(specs);
  const Duration same = plan(path, parcel_of(32'000)).setup;
  path.from.block = Tokens{64};
  KvParcel parcel = parcel_of(32'000);
  parcel.blocks = parcel.runs = 500;
  CHECK(plan(path, parcel).setup == same);
}

TEST_CASE("a codec shrinks what crosses the network and bounds its rate, but not within a domain") {
  TransferSpecs specs = specs_of("rdma-read");
  specs.codec = catalogue().codec("cachegen");
  KvPath path = path_over(specs);
  const Movement coded = plan(path, parcel_of(32'000));
  CHECK(static_cast<double>(coded.bytes.value()) == Approx(32'000.0 * 327'680 / 6.6));
  REQUIRE(coded.protocol_cap);
  CHECK(coded.protocol_cap->value() == Approx(8 * 15e9 / 6.6));
  CHECK(to_seconds(coded.after) == Approx(256.0 * 327'680 / (8 * 15e9)));
  path.reach = KvPath::Reach::local;
  CHECK(plan(path, parcel_of(32'000)).bytes == Bytes{32'000LL * 327'680});
}

TEST_CASE("through a store, writes at its pace and then reads with its latency") {
  TransferSpecs specs = specs_of("s3-http");
  specs.store = catalogue().tier("s3-standard");
  specs.store_place = PlaceId{7};
  const Movement movement = plan(path_over(specs), parcel_of(32'000));
  REQUIRE(movement.via);
  CHECK(movement.via->place == PlaceId{7});
  CHECK(movement.via->setup >= 150ms);
  REQUIRE(movement.protocol_cap);
  CHECK(movement.protocol_cap->value() <= 12.5e9);
}

TEST_CASE("runs are stretches that lie side by side on both sides") {
  using Block = Id<struct TestBlock>;
  const auto blocks = [](std::vector<int> numbers) {
    std::vector<Block> made;
    for (const int n : numbers) made.emplace_back(static_cast<std::size_t>(n));
    return made;
  };
  const auto runs = [&](std::vector<int> from, std::vector<int> to) {
    const auto a = blocks(std::move(from));
    const auto b = blocks(std::move(to));
    return contiguous_runs(std::span<const Block>{a}, std::span<const Block>{b});
  };
  CHECK(runs({}, {}) == 0);
  CHECK(runs({5, 6, 7, 8}, {}) == 1);
  CHECK(runs({5, 6, 9, 10}, {}) == 2);
  CHECK(runs({5, 6, 7, 8}, {1, 2, 30, 31}) == 2);
  CHECK(runs({8, 7, 6}, {1, 2, 3}) == 3);
}
