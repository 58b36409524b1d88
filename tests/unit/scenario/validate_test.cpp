// Scenarios whose fields are right one by one and wrong together.

#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include "tests/unit/scenario/bad_case.h"

namespace cleave {
namespace {

const std::string kWork = "workload: {classes: [{traffic: {type: synthetic, requests: 1}}]}\n";

std::string traffic(const std::string& fields) {
  return "pools: [{name: p}]\nworkload:\n  classes:\n    - traffic: {type: synthetic, " + fields + "}\n";
}

TEST_CASE("a scenario's name can name a folder") {
  CHECK(errors_of_scenario("name: a/b\npools: [{name: p}]\n" + kWork) ==
        "t.yaml:1:7: name: got \"a/b\", expected a name without `/`: the results' folder is named after it");
}

TEST_CASE("pools must be able to serve together") {
  check_all({
      {"equal names", "pools: [{name: p}, {name: p}]\n" + kWork,
       "t.yaml:1:27: pools[1].name: got \"p\", which an earlier pool has"},
      {"prefill alone", "pools: [{name: p, role: prefill}]\n" + kWork,
       "t.yaml:1:25: pools[0].role: a prefill pool of llama-3.1-8b needs a decode pool of the same model"},
      {"decode alone", "pools: [{name: d, role: decode}]\n" + kWork, "needs a prefill pool of the same model"},
      {"a split between two models",
       "pools: [{name: p, role: prefill}, {name: d, role: decode, model: llama-3.1-70b}]\n" + kWork,
       "pools[1].role: a decode pool of llama-3.1-70b needs a prefill pool"},
      {"block sizes",
       "pools: [{name: p, role: prefill},\n  {name: d, role: decode, engine: {block_size: 32}}]\n" + kWork,
       "t.yaml:2:48: pools[1].engine.block_size: got 32, but pool p, which hands over to this one, has 16"},
      {"formats of KV", "pools: [{name: p, role: prefill}, {name: d, role: decode, kv_dtype: fp8}]\n" + kWork,
       "pools[1].kv_dtype: got fp8, but pool p, which hands over to this one, has bf16"},
      {"sides of the first token",
       "pools: [{name: p, role: prefill, engine: {first_token_side: prefill}}, {name: d, role: decode}]\n" + kWork,
       "pools[1].engine.first_token_side: got decode, but pool p"},
  });
}

TEST_CASE("hardware and models are in the catalogue, and the models fit") {
  check_all({
      {"unknown hardware", "pools: [{name: p, hardware: h100-smx}]\n" + kWork,
       "t.yaml:1:29: pools[0].hardware: got \"h100-smx\", expected a hardware entry of the catalogue: "},
      {"nearest hardware", "pools: [{name: p, hardware: h100-smx}]\n" + kWork, "did you mean `h100-sxm`?"},
      {"unknown model of a pool", "pools: [{name: p, model: llama-3.1-7b}]\n" + kWork,
       "t.yaml:1:26: pools[0].model: got \"llama-3.1-7b\", expected a model entry of the catalogue"},
      {"unknown model of the scenario", "model: lama-3.1-8b\npools: [{name: p}, {name: q}]\n" + kWork,
       "t.yaml:1:8: model: got \"lama-3.1-8b\""},
      {"weights that do not fit", "pools:\n  - {name: p, model: llama-3.1-70b}\n" + kWork,
       "t.yaml:2:5: pools[0]: llama-3.1-70b over tp = 1, pp = 1 needs"},
      {"more stages than layers", "pools: [{name: p, parallel: {pp: 64}}]\n" + kWork,
       "t.yaml:1:34: pools[0].parallel.pp: got 64, expected at most the 32 layers of llama-3.1-8b"},
      {"ranks that do not go together", "pools: [{name: p, parallel: {tp: 4, dp_attention: 3}}]\n" + kWork,
       "dp_attention = 3 does not divide tp = 4"},
      {"a roofline for attention that is spread",
       "pools: [{name: p, cost: roofline, parallel: {tp: 2, dp_attention: 2}}]\n" + kWork,
       "pools[0].cost: got roofline, which knows neither dp_attention nor cp"},
      {"an unknown cost model", "pools: [{name: p, cost: guess}]\n" + kWork,
       "pools[0].cost: got \"guess\", expected calibrated or roofline"},
      {"latent entries in a codec",
       "pools: [{name: p, model: deepseek-v3, parallel: {tp: 8}, kv_dtype: turboquant_4bit_nc}]\n" + kWork,
       "latent entries cannot be stored as turboquant_4bit_nc"},
      {"attention kernels that the device has no figures of",
       "pools: [{name: p, engine: {attention_backend: flashinfer_fa2}}]\n" + kWork,
       "pools[0].engine.attention_backend: got flashinfer_fa2, but h100-sxm has no figures of FlashInfer's"},
      {"attention kernels that nobody knows", "pools: [{name: p, engine: {attention_backend: flashinfer}}]\n" + kWork,
       "pools[0].engine.attention_backend: got \"flashinfer\", expected tables or flashinfer_fa2; did you mean "
       "`flashinfer_fa2`?"},
      {"kernels that a roofline does not know",
       "pools: [{name: p, hardware: b200-sxm, cost: roofline, engine: {attention_backend: flashinfer_fa2}}]\n" + kWork,
       "got flashinfer_fa2, which only the cost model `calibrated`"},
      {"graphs that a roofline does not know",
       "pools: [{name: p, cost: roofline, engine: {cudagraph_mode: full_decode_only}}]\n" + kWork,
       "pools[0].engine.cudagraph_mode: got full_decode_only, which only the cost model `calibrated`"},
      {"graphs that nobody knows", "pools: [{name: p, engine: {cudagraph_mode: full_decode}}]\n" + kWork,
       "did you mean `full_decode_only`?"},
      {"experts of a library that the device was not measured with",
       "pools: [{name: p, model: qwen3-30b-a3b, engine: {moe_backend: flashinfer_trtllm}}]\n" + kWork,
       "pools[0].engine.moe_backend: got flashinfer_trtllm, but no bf16 experts of that library were measured on "
       "h100-sxm"},
      {"a library of experts for a model without any", "pools: [{name: p, engine: {moe_backend: triton}}]\n" + kWork,
       "pools[0].engine.moe_backend: got triton, but llama-3.1-8b has no routed experts"},
      {"experts that a roofline does not know",
       "pools: [{name: p, model: qwen3-30b-a3b, cost: roofline, engine: {moe_backend: triton}}]\n" + kWork,
       "got triton, which only the cost model `calibrated`"},
      {"peers with links of their own", "pools: [{name: p, parallel: {tp: 2}, peer_access: host}]\n" + kWork,
       "pools[0].peer_access: got host, but h100-sxm has links of its own to its peers"},
      {"heads that do not divide", "pools: [{name: p, parallel: {tp: 3}}]\n" + kWork,
       "t.yaml:1:34: pools[0].parallel.tp: got 3, which llama-3.1-8b rules out: 32 attention heads do not divide over "
       "tp = 3"},
  });
  CHECK(errors_of_scenario("model: llama-3.1-70b\npools: [{name: p, parallel: {tp: 4}}]\n" + kWork) == "no error");
  CHECK(errors_of_scenario("model: qwen3-30b-a3b\npools: [{name: p, engine: {moe_backend: triton}}]\n" + kWork) ==
        "no error");
  CHECK(errors_of_scenario("pools: [{name: p, hardware: rtx-pro-6000, parallel: {tp: 2}, peer_access: host}]\n" +
                           kWork) == "no error");
  CHECK(errors_of_scenario("pools: [{name: p, model: llama-3.1-70b, engine: {kv_blocks: 9}}]\n"
                           "model: llama-3.1-70b\n" +
                           kWork) == "no error");
}

TEST_CASE("an engine's limits must leave it able to run") {
  check_all({
      {"fewer tokens than sequences", "pools: [{name: p, engine: {max_num_batched_tokens: 64}}]\n" + kWork,
       "t.yaml:1:52: pools[0].engine.max_num_batched_tokens: got 64, expected at least max_num_seqs, 1024"},
      {"prompts that fit no step", "pools: [{name: p, engine: {enable_chunked_prefill: false}}]\n" + kWork,
       "pools[0].engine.max_num_batched_tokens: got 8192, expected at least max_model_len, 131072"},
      {"unlimited and limited KV", "pools: [{name: p, engine: {unlimited_kv: true, kv_blocks: 5}}]\n" + kWork,
       "t.yaml:1:59: pools[0].engine.kv_blocks: contradicts unlimited_kv"},
  });
}

TEST_CASE("a model with linear attention needs steps of a block at least, and its state where its KV is") {
  const std::string pool = "model: qwen3-next-80b-a3b\npools: [{name: p, hardware: h200-sxm, parallel: {tp: 2}";
  check_all({
      {"small steps", pool + ", engine: {max_num_seqs: 64, max_num_batched_tokens: 512}}]\n" + kWork,
       "pools[0].engine.max_num_batched_tokens: got 512, expected at least a block, 1056 tokens"},
      {"small parts", pool + ", engine: {long_prefill_token_threshold: 600}}]\n" + kWork,
       "pools[0].engine.long_prefill_token_threshold: got 600, expected at least a block"},
      {"tiers", pool + "}]\ntiers: [{name: t, medium: dram-pcie5, capacity: 100 GiB}]\n" + kWork,
       "tiers: qwen3-next-80b-a3b has linear"},
      {"stored output", pool + "}]\ntransfer: {decode_kv: store}\n" + kWork,
       "transfer.decode_kv: got store, which leaves behind the state"},
  });
}

TEST_CASE("traffic must be served and must end") {
  check_all({
      {"a model without a pool",
       "pools: [{name: p}]\nworkload: {classes: [{model: llama-3.1-70b, traffic: {type: synthetic, requests: 1}}]}\n",
       "t.yaml:2:30: workload.classes[0].model: no pool serves llama-3.1-70b; the pools serve llama-3.1-8b"},
      {"equal class names",
       "pools: [{name: p}]\nworkload: {classes: [{traffic: {type: synthetic, requests: 1}},\n"
       "  {traffic: {type: synthetic, requests: 1}}]}\n",
       "t.yaml:3:3: workload.classes[1].name: got \"default\", which an earlier class has"},
      {"no end", traffic("input: 5"), "t.yaml:4:16: workload.classes[0].traffic: the traffic never ends"},
      {"uniform upside down", traffic("requests: 1, input: {type: uniform, min: 9, max: 3}"),
       "workload.classes[0].traffic.input.min: got 9, expected at most `max`, 3"},
      {"lognormal upside down", traffic("requests: 1, output: {type: lognormal, min: 9, max: 3}"),
       "workload.classes[0].traffic.output.min: got 9, expected at most `max`, 3"},
      {"histogram of nothing", traffic("requests: 1, input: {type: histogram}"),
       "traffic.input: expected `bins` or `file`, and not both"},
      {"weightless histogram", traffic("requests: 1, input: {type: histogram, bins: {5: 0}}"),
       "traffic.input.bins: all weights are zero"},
      {"histogram of zero tokens", traffic("requests: 1, session: {turns: {type: histogram, bins: {0: 1}}}"),
       "session.turns.bins.0: expected a length of 1 to 2147483647 tokens"},
      {"points that go back",
       traffic(
           "requests: 1, arrivals: {type: piecewise, points: [{at: 5 s, rate: 1 req/s}, {at: 5 s, rate: 2 req/s}]}"),
       "arrivals.points[1].at: got 5 s, expected more than the point before it, 5 s"},
      {"rates of zero", traffic("requests: 1, arrivals: {type: piecewise, points: [{at: 0 s, rate: 0 req/s}]}"),
       "arrivals.points: all rates are zero"},
      {"a period shorter than its points",
       traffic("requests: 1, arrivals: {type: piecewise, repeat: 1 s, points: [{at: 5 s, rate: 1 req/s}]}"),
       "arrivals.repeat: got 1 s, expected at least the last point's time, 5 s"},
      {"an empty window",
       "pools: [{name: p}]\nworkload: {classes: [{traffic: {type: trace, path: t.yaml, from: 9 s, until: 8 s}}]}\n",
       "t.yaml:2:78: workload.classes[0].traffic.until: got 8 s, expected more than `from`, 9 s"},
      {"all warm-up", "until: 5 s\noutput: {warm_up: 5 s}\npools: [{name: p}]\n" + kWork,
       "t.yaml:2:19: output.warm_up: got 5 s, expected less than `until`, 5 s"},
  });
}

TEST_CASE("faults must hit something") {
  const std::string rest = "pools: [{name: decoders}]\n" + kWork;
  check_all({
      {"unknown pool", "faults: [{type: crash, at: 1 s, pool: decoder}]\n" + rest,
       "t.yaml:1:39: faults[0].pool: got \"decoder\", expected the name of a pool: decoders; did you mean `decoders`?"},
      {"unknown replica", "faults: [{type: link, at: 1 s, pool: decoders, replica: 1}]\n" + rest,
       "t.yaml:1:57: faults[0].replica: got 1, expected at most 0: pool decoders has 1 replicas, from 0"},
      {"no time", "faults: [{type: lost_message, pool: decoders}]\n" + rest, "t.yaml:1:10: faults[0].at: missing"},
  });
}

}  // namespace
}  // namespace cleave
