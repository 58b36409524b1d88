// Tiers and loads that make no sense together.
#include <catch2/catch.hpp>

#include "tests/unit/scenario/bad_case.h"

namespace cleave {
namespace {

const std::string kTail = "pools: [{name: p}]\nworkload: {classes: [{traffic: {type: synthetic, requests: 1}}]}\n";

std::string tier(const std::string& fields) {
  return "tiers: [{name: t, capacity: 1 GiB, " + fields + "}]\n" + kTail;
}

std::string load(const std::string& fields, const std::string& pool = "") {
  return "kv_load: {" + fields + "}\ntiers: [{name: t, capacity: 1 GiB}]\npools: [{name: p" + pool +
         "}]\nworkload: {classes: [{traffic: {type: synthetic, requests: 1}}]}\n";
}

TEST_CASE("what a tier is must be possible where it is") {
  check_all({
      {"another region's memory in a node", tier("scope: node, distance: {rtt: 70 ms}"),
       "t.yaml:1:59: tiers[0].distance: only what a region shares can be in another one: expected scope: region"},
      {"a distance without its round trip", tier("scope: region, distance: {bandwidth: 10 Gb/s}"),
       "tiers[0].distance.rtt: missing"},
      {"a switch for a region", tier("scope: region, cxl_switch: true"),
       "tiers[0].cxl_switch: a switch joins the nodes of a rack: expected scope: rack"},
      {"pins that a policy cannot keep", tier("eviction: leaf-lru, hard_pin: 512"),
       "tiers[0].hard_pin: eviction leaf-lru cannot pass over a leaf"},
      {"answers told apart where memory gives up blocks", tier("write: on_eviction, prompts_only: true"),
       "tiers[0].prompts_only: what memory gives up is not told apart"},
      {"a layout that is none", tier("layout: layer_frist"), "did you mean `layer_first`?"},
      {"a way to share that is none", tier("sharing: by_ned"), "did you mean `by_need`?"},
  });
}

TEST_CASE("how KV is loaded must fit the rule, the stop and the engine") {
  check_all({
      {"both, layer by layer", load("rule: both, start: layerwise"),
       "t.yaml:1:30: kv_load.start: rule both computes other tokens than it loads"},
      {"stopped from the back", load("rule: both, stop: best_effort"),
       "kv_load.stop: only a load from the front that begins at routing can be stopped"},
      {"stopped at its turn", load("start: queue, stop: timeout"), "kv_load.stop: only a load from the front"},
      {"a static batch asks for nothing", load("start: queue", ", engine: static"),
       "pools[0].engine: static batches ask for no KV at a request's turn"},
      {"layers on several stages", load("start: layerwise", ", parallel: {pp: 2}"),
       "pools[0].parallel.pp: got 2, expected 1: with kv_load.start: layerwise"},
  });
}

}  // namespace
}  // namespace cleave
