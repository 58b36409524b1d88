// Whether KV can get from where it is computed to where it is used.

#include <catch2/catch.hpp>

#include <string>

#include "tests/unit/scenario/bad_case.h"

namespace cleave {
namespace {

const std::string kWork = "workload: {classes: [{traffic: {type: synthetic, requests: 1}}]}\n";

/// A prefill pool and a decode pool, these with more fields.
std::string split(const std::string& transfer, const std::string& decode = "", const std::string& prefill = "") {
  return "transfer: {" + transfer + "}\npools:\n  - {name: p, role: prefill" + prefill +
         "}\n  - {name: d, role: decode" + decode + "}\n" + kWork;
}

}  // namespace

TEST_CASE("protocols, codecs and stores are in the catalogue and fit together") {
  check_all({
      {"unknown protocol", split("protocol: rdma-rea"),
       "t.yaml:1:22: transfer.protocol: got \"rdma-rea\", expected a protocol entry of the catalogue"},
      {"nearest protocol", split("protocol: rdma-rea"), "did you mean `rdma-read`?"},
      {"unknown local protocol", split("local_protocol: nvlink"), "transfer.local_protocol: got \"nvlink\""},
      {"a local protocol through hosts", split("local_protocol: tcp"), "expected a protocol from device to device"},
      {"unknown codec", split("codec: zip"), "transfer.codec: got \"zip\", expected a codec entry"},
      {"no store", split("protocol: s3-http"), "transfer.store: got \"\", expected a tier entry"},
      {"a store for nothing", split("store: s3-standard"),
       "transfer.store: got \"s3-standard\", but protocol rdma-read goes through no store"},
      {"reading what is not computed yet", split("mode: layerwise, protocol: infiniband-read"),
       "transfer.protocol: got \"infiniband-read\", by which the receiver reads"},
  });
}

TEST_CASE("pools that keep KV differently are refused, unless they are to convert") {
  const std::string other = ", kv_dtype: fp8, block_layout: block_first, engine: {block_size: 64}";
  CHECK_THAT(errors_of_scenario(split("", other)), Catch::Contains("pools[1].kv_dtype") &&
                                                       Catch::Contains("pools[1].block_layout") &&
                                                       Catch::Contains("pools[1].engine.block_size") &&
                                                       Catch::Contains("or set transfer.mismatch to convert"));
  CHECK(errors_of_scenario(split("mismatch: convert", other)) == "no error");
  check_all({
      {"blocks that do not divide", split("mismatch: convert", ", engine: {block_size: 24}"),
       "pools[1].engine.block_size: got 24, but pool p, which hands over to this one, has 16; blocks of 16 tokens "
       "cannot"},
      {"KV that goes back under other names", split("mismatch: convert, decode_kv: pull", other),
       "transfer.decode_kv: got pull, but pools p and d name blocks differently: expected drop"},
  });
}

TEST_CASE("only on-chip memory spills to the host, and weights must fit it") {
  check_all({
      {"memory beside the chip", split("", ", kv_spill: 1 TB"), "pools[1].kv_spill: h100-sxm has no on-chip memory"},
      {"too few wafers",
       "model: llama-3.1-70b\npools: [{name: w, hardware: wse-3, parallel: {pp: 3}, engine: {kv_blocks: 100}}]\n" +
           kWork,
       "pools[0]: llama-3.1-70b over tp = 1, pp = 3 needs"},
  });
}

}  // namespace cleave
