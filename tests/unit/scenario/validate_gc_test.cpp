// What can be said about reclaiming blocks that somebody elsewhere holds.

#include <catch2/catch.hpp>

#include <string>

#include "tests/unit/scenario/bad_case.h"

namespace cleave {
namespace {

std::string with(const std::string& gc) {
  return "kv_gc: {" + gc + "}\npools: [{name: a}]\nworkload: {classes: [{traffic: {type: synthetic, requests: 1}}]}\n";
}

}  // namespace

TEST_CASE("a scheme of reclaiming takes its own times, and heartbeats come before silence means death") {
  for (const char* good : {"", "scheme: lease, lease: 3 s, heartbeat: 1 s, skew_margin: 1 s", "scheme: local_count",
                           "scheme: weighted_count, holder_ttl: 3 s", "scheme: mark_sweep, epoch: 1 s",
                           "scheme: tombstone, grace: 1 s, message_loss: 1, clock_skew: 2 s"}) {
    CAPTURE(good);
    CHECK(errors_of_scenario(with(good)) == "no error");
  }
  check_all({
      {"unknown scheme", with("scheme: leese"), "t.yaml:1:17: kv_gc.scheme: got \"leese\""},
      {"nearest scheme", with("scheme: leese"), "did you mean `lease`?"},
      {"another scheme's time", with("scheme: tombstone, epoch: 1 s"), "epoch"},
      {"more than all messages", with("message_loss: 1.5"), "kv_gc.message_loss: got \"1.5\""},
      {"heartbeats too rare", with("lease: 3 s, heartbeat: 3 s"),
       "t.yaml:1:32: kv_gc.heartbeat: got 3 s, expected less than lease, 3 s"},
      {"heartbeats too rare for a registry", with("scheme: weighted_count, heartbeat: 20 s"),
       "expected less than holder_ttl, 10 s"},
      {"no time for heartbeats", with("lease: 2 ns"), "kv_gc.lease: got 2 ns, expected time for three heartbeats"},
      {"nor for a registry's", with("scheme: weighted_count, holder_ttl: 2 ns"), "kv_gc.holder_ttl: got 2 ns"},
      {"a number without a unit", with("lease: 3"), "kv_gc.lease: got"},
  });
}

}  // namespace cleave
