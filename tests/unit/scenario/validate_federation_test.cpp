// Regions, and the policies that choose between them, in scenarios.

#include <catch2/catch.hpp>

#include <string>

#include "tests/unit/scenario/bad_case.h"

namespace cleave {
namespace {

const std::string kWork = "workload: {classes: [{traffic: {type: synthetic, requests: 1}}]}\n";
const std::string kTwo = "federation: {regions: [west, east], links: [{between: [west, east], rtt: 80 ms}]}\n";
const std::string kMixed = "pools: [{name: m}]\n";

/// A prefill and a decode pool in two regions, with more fields.
std::string apart(const std::string& prefill = "", const std::string& more = "") {
  return kTwo + more + "pools:\n  - {name: p, role: prefill, region: east" + prefill +
         "}\n  - {name: d, role: decode}\n" + kWork;
}

}  // namespace

TEST_CASE("a federation has named regions, each pair of which is joined once") {
  const auto with = [](const std::string& federation) { return "federation: {" + federation + "}\n" + kMixed + kWork; };
  check_all({
      {"two of one name", with("regions: [a, a], links: []"),
       "federation.regions[1]: got \"a\", which an earlier region has"},
      {"a pair without a link", with("regions: [a, b, c], links: [{between: [a, b], rtt: 1 ms}]"),
       "federation.links: no link joins a and c"},
      {"a link twice", with("regions: [a, b], links: [{between: [a, b], rtt: 1 ms}, {between: [b, a], rtt: 1 ms}]"),
       "federation.links[1].between: b and a are joined by an earlier link"},
      {"a link to itself", with("regions: [a, b], links: [{between: [a, a], rtt: 1 ms}]"),
       "federation.links[0].between: got 2 names, expected two different regions"},
      {"a link to nowhere", with("regions: [west, east], links: [{between: [west, easst], rtt: 1 ms}]"),
       "did you mean `east`?"},
      {"no distance", with("regions: [a, b], links: [{between: [a, b], rtt: 0 s}]"), "federation.links[0].rtt"},
      {"unknown protocol", with("protocol: tpc"), "federation.protocol: got \"tpc\""},
      {"nothing to learn", with("directory: {type: query}"),
       "federation.directory: got one, but there are not two regions"},
      {"a key of another directory", with("directory: {type: query, interval: 1 s}"), "interval"},
  });
}

TEST_CASE("pools and clients are in regions that there are") {
  check_all({
      {"a pool", kTwo + "pools: [{name: m, region: eastt}]\n" + kWork,
       "pools[0].region: got \"eastt\", expected one of federation.regions: west or east; did you mean `east`?"},
      {"a class", kTwo + kMixed + "workload: {classes: [{region: north, traffic: {type: synthetic, requests: 1}}]}\n",
       "workload.classes[0].region: got \"north\""},
      {"no regions", "pools: [{name: m, region: east}]\n" + kWork, "but federation.regions names none"},
  });
  CHECK(errors_of_scenario(apart()) == "no error");
}

TEST_CASE("what crosses between regions can") {
  check_all({
      {"a first token from the other region", apart(", engine: {first_token_side: prefill}"),
       "pools[0].engine.first_token_side: got prefill, but what pool p computes may be decoded in another region"},
      {"a store in one place", apart("", "transfer: {protocol: s3-http, store: s3-standard}\n"),
       "transfer.protocol: got \"s3-http\", whose store is in one place, but there are 2 regions"},
  });
}

TEST_CASE("a disaggregation policy has something to choose between, and parameters of its own alone") {
  const auto with = [](const std::string& policy, const std::string& pools) {
    return "router: {disaggregation: {" + policy + "}}\npools: [" + pools + "]\n" + kWork;
  };
  const std::string pair = "{name: p, role: prefill}, {name: m}";
  check_all({
      {"no prefill pool", with("policy: llm-d", "{name: m}"), "router.disaggregation: no pool has role prefill"},
      {"one region", with("policy: prfaas", pair),
       "router.disaggregation.policy: got prfaas, which chooses between regions"},
      {"another's parameter", with("policy: llm-d, threshold: 5", pair), "threshold"},
      {"unknown", with("policy: llmd", pair), "did you mean `llm-d`?"},
      {"mixed pools that keep KV differently",
       with("policy: dynamo", "{name: p, role: prefill}, {name: m, kv_dtype: fp8}"),
       "pools[1].kv_dtype: got fp8, but pool p, which hands over to this one, has bf16"},
      {"prefill without a counterpart", "pools: [{name: p, role: prefill}, {name: m}]\n" + kWork,
       "pools[0].role: a prefill pool of llama-3.1-8b needs a decode pool"},
  });
  CHECK(errors_of_scenario(with("policy: dynamo, max_local_prefill_length: 10", pair)) == "no error");
}

TEST_CASE("one admission rule at a time, and hold_order only for what is held") {
  const auto with = [](const std::string& admission) {
    return "router: {admission: {" + admission + "}}\n" + kMixed + kWork;
  };
  check_all({
      {"two rules", with("queue_threshold: 4, max_waiting_per_replica: 3"),
       "router.admission: got 2 of max_waiting_per_replica, queue_threshold and early_rejection"},
      {"an order of nothing", with("hold_order: wspt"),
       "router.admission.hold_order: orders requests that queue_threshold"},
      {"a time that early needs not", with("early_rejection: {rule: early, decode_time: 1 s}"), "decode_time"},
  });
  CHECK(errors_of_scenario(with("queue_threshold: 4, hold_order: wspt")) == "no error");
  CHECK_THAT(errors_of_scenario("router: {admission: {early_rejection: {rule: late}}}\n"
                                "pools: [{name: p, role: prefill, engine: {first_token_side: prefill}},\n"
                                "        {name: d, role: decode, engine: {first_token_side: prefill}}]\n" +
                                kWork),
             Catch::Contains("got late, but pool p has sent the first token by then"));
}

}  // namespace cleave
