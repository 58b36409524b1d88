// Scenarios whose fields are wrong one by one.

#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include "tests/unit/scenario/bad_case.h"

namespace cleave {
namespace {

const std::string kTail(kRest);
const std::string kPools = "pools: [{name: p}]\n";

std::string traffic(const std::string& fields) {
  return kPools + "workload:\n  classes:\n    - traffic: {" + fields + "}\n";
}

TEST_CASE("the tail that completes the bad scenarios is itself good") {
  CHECK(errors_of_scenario(kTail) == "no error");
  CHECK(errors_of_scenario(traffic("type: synthetic, requests: 1")) == "no error");
}

TEST_CASE("a quantity needs its own unit") {
  check_all({
      {"bare number", "until: 10\n" + kTail,
       "t.yaml:1:8: until: got the bare number 10, expected a duration such as \"5 us\", \"1.5 s\", \"10 min\""},
      {"bare quoted number", "until: \"10\"\n" + kTail, "t.yaml:1:8: until: got the bare number 10"},
      {"unknown unit", "until: 10 sec\n" + kTail, "t.yaml:1:8: until: got \"10 sec\", expected a duration"},
      {"another dimension", "network: {nic_bandwidth: 400 GB}\n" + kTail,
       "t.yaml:1:26: network.nic_bandwidth: got \"400 GB\", expected a bandwidth such as \"50 GB/s\", \"400 Gb/s\""},
      {"negative", "transfer: {setup: -5 us}\n" + kTail,
       "t.yaml:1:19: transfer.setup: got \"-5 us\", expected a duration"},
      {"infinite", "until: .inf\n" + kTail, "t.yaml:1:8: until: got \".inf\", expected a duration"},
      {"zero where nothing would happen", "until: 0 s\n" + kTail,
       "t.yaml:1:8: until: got \"0 s\", expected a duration above 0 s"},
      {"longer than the clock is for", "until: 3651 d\n" + kTail, "expected a duration above 0 s and at most 3650 d"},
      {"overflow", "until: 300000 d\n" + kTail, "t.yaml:1:8: until: got \"300000 d\", expected a duration"},
      {"a list", "until: [1 s]\n" + kTail, "t.yaml:1:8: until: got a list, expected a duration"},
      {"zero rate", traffic("type: synthetic, requests: 1, arrivals: {type: poisson, rate: 0 req/s}"),
       "t.yaml:4:79: workload.classes[0].traffic.arrivals.rate: got \"0 req/s\", expected a request rate above 0 "
       "req/s"},
      {"zero SLO", kPools + "workload: {classes: [{slo: {ttft: 0 ms}, traffic: {type: synthetic, requests: 1}}]}",
       "t.yaml:2:35: workload.classes[0].slo.ttft: got \"0 ms\", expected a duration above 0 s"},
  });
}

TEST_CASE("numbers are plain decimals within their bounds") {
  check_all({
      {"octal", "seed: 010\n" + kTail, "t.yaml:1:7: seed: got \"010\", expected a whole number; YAML readers disagree"},
      {"hexadecimal", "seed: 0x10\n" + kTail, "t.yaml:1:7: seed: got \"0x10\", expected a whole number"},
      {"quoted", "seed: \"7\"\n" + kTail, "a quoted text is not a number: remove the quotes"},
      {"underscores", "seed: 1_000\n" + kTail, "t.yaml:1:7: seed: got \"1_000\", expected a whole number"},
      {"fraction", "seed: 1.5\n" + kTail, "t.yaml:1:7: seed: got \"1.5\", expected a whole number"},
      {"negative", "seed: -1\n" + kTail, "t.yaml:1:7: seed: got \"-1\", expected a whole number of at least 0"},
      {"beyond 64 bits", "seed: 18446744073709551616\n" + kTail,
       "t.yaml:1:7: seed: got \"18446744073709551616\", expected"},
      {"suffix", traffic("type: synthetic, requests: 1, input: 8k"),
       "t.yaml:4:54: workload.classes[0].traffic.input: got \"8k\", expected a whole number"},
      {"more tokens than a prompt can have", traffic("type: synthetic, requests: 1, input: 2147483648"),
       "traffic.input: got \"2147483648\", expected a whole number of at least 1 and at most 2147483647"},
      {"zero replicas", "pools: [{name: p, replicas: 0}]\n",
       "t.yaml:1:29: pools[0].replicas: got \"0\", expected a whole "
       "number of at least 1 and at most 1000000"},
      {"zero tensor parallelism", "pools: [{name: p, parallel: {tp: 0}}]\n",
       "t.yaml:1:34: pools[0].parallel.tp: got \"0\""},
      {"beyond 32 bits", "pools: [{name: p, zone: 4294967296}]\n",
       "t.yaml:1:25: pools[0].zone: got \"4294967296\", expected a whole number of at least 0 and at most 4294967295"},
      {"share above one", "transfer: {efficiency: 1.2}\n" + kTail,
       "t.yaml:1:24: transfer.efficiency: got \"1.2\", expected a number above 0 and at most 1"},
      {"not a number", "network: {oversubscription: .nan}\n" + kTail,
       "t.yaml:1:29: network.oversubscription: got \".nan\", expected a number"},
      {"truth in other words", "output: {decision_log: yes}\n" + kTail,
       "t.yaml:1:24: output.decision_log: got \"yes\", expected true or false"},
      {"nothing", "seed:\n" + kTail, "seed: got nothing, expected a whole number"},
  });
}

TEST_CASE("a wrong name is answered with the valid ones and the nearest") {
  check_all({
      {"unknown key", "sede: 1\n" + kTail, "t.yaml:1:1: sede: unknown key; did you mean `seed`?"},
      {"unknown key far from all", "zzzzzz: 1\n" + kTail,
       "t.yaml:1:1: zzzzzz: unknown key, expected name, description"},
      {"nested unknown key", "output:\n  warmup: 1 s\n" + kTail,
       "t.yaml:2:3: output.warmup: unknown key; did you mean `warm_up`?"},
      {"enumerator", "transfer: {decode_kv: pul}\n" + kTail,
       "t.yaml:1:23: transfer.decode_kv: got \"pul\", expected drop, pull or store; did you mean `pull`?"},
      {"policy", "router: {prefill: least_loded}\n" + kTail, "did you mean `least_loaded`?"},
      {"parameter of another policy", "router: {prefill: {policy: round_robin, prefix_weight: 2}}\n" + kTail,
       "t.yaml:1:41: router.prefill.prefix_weight: belongs to policy longest_prefix or "
       "sticky_region; this is policy round_robin"},
      {"alternative", traffic("type: synthetic, requests: 1, arrivals: {type: poison, rate: 1 req/s}"),
       "t.yaml:4:64: workload.classes[0].traffic.arrivals.type: got \"poison\", expected poisson, gamma, "
       "deterministic, "
       "piecewise, servegen or closed_loop; did you mean `poisson`?"},
      {"no alternative", traffic("requests: 1"),
       "t.yaml:4:16: workload.classes[0].traffic: the key `type` is missing, expected synthetic or trace"},
      {"key of another alternative", traffic("type: synthetic, requests: 1, arrivals: {type: poisson, cv: 2}"),
       "t.yaml:4:73: workload.classes[0].traffic.arrivals.cv: belongs to type gamma; this is type poisson"},
      {"option of another trace format", traffic("type: trace, format: azure, path: x, linkage: prefix"),
       "linkage: belongs to format mooncake; this is format azure"},
      {"missing key", kPools, "t.yaml:1:1: workload: missing, expected the traffic"},
      {"missing path", traffic("type: trace"),
       "t.yaml:4:16: workload.classes[0].traffic.path: missing, expected the file"},
      {"engine", "pools: [{name: p, engine: {profile: vlm}}]\n",
       "t.yaml:1:37: pools[0].engine.profile: got \"vlm\", expected distserve, orca, sarathi"},
      {"empty name", "pools: [{name: ''}]\n",
       "t.yaml:1:16: pools[0].name: got \"\", expected a text that is not empty"},
      {"no pools", "pools: []\n", "t.yaml:1:8: pools: got a list, expected at least one element"},
      {"scalar for a map", "network: fast\n" + kTail, "t.yaml:1:10: network: got \"fast\", expected a map"},
      {"map for a list", "pools: {name: p}\n", "t.yaml:1:8: pools: got a map, expected a list"},
      {"histogram bins by name", traffic("type: synthetic, requests: 1, input: {type: histogram, bins: {long: 1}}"),
       "input.bins.long: got \"long\""},
  });
}

TEST_CASE("a file's errors come all at once, in its order") {
  CHECK(errors_of_scenario("seed: x\nuntil: 4\npools: [{name: p, replicas: two}]\nnme: a\n"
                           "workload: {classes: [{traffic: {type: synthetic, requests: 1}}]}\n") ==
        "t.yaml:1:7: seed: got \"x\", expected a whole number\n"
        "t.yaml:2:8: until: got the bare number 4, expected a duration such as \"5 us\", \"1.5 s\", \"10 min\"\n"
        "t.yaml:3:29: pools[0].replicas: got \"two\", expected a whole number\n"
        "t.yaml:4:1: nme: unknown key; did you mean `name`?");
}

}  // namespace
}  // namespace cleave
