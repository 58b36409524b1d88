// Claims on the clock: who is told of their ends, and what may happen then.
#include "sim/cluster/claims.h"

#include <catch2/catch.hpp>

#include "sim/core/manual_kernel.h"

using namespace cleave;
using namespace std::chrono_literals;

namespace {

ClaimBookParams leases() {
  ClaimBookParams params;
  params.gc.scheme = GcScheme::lease;
  params.latency = 50us;
  params.claimants = 2;
  return params;
}

ClaimTerms of(std::uint32_t keeper) {
  return {KeeperId{keeper}, ClaimantId{1}, Bytes{1000}, 30s, true};
}

}  // namespace

TEST_CASE("whoever is told that a keeper died may claim something else at once") {
  ManualKernel kernel;
  Claims claims{leases(), kernel, [] { return false; }};
  std::vector<int> told;
  std::vector<ClaimId> again;
  for (int i = 0; i < 3; ++i) {
    (void)claims.take(of(1), [&, i](ClaimEnd end) {
      CHECK(end == ClaimEnd::keeper_died);
      told.push_back(i);
      // Under the name of one that is over and whose end has not been told yet.
      again.push_back(claims.take(of(2), [&, i](ClaimEnd) { told.push_back(10 + i); }));
    });
  }
  claims.keeper_died(KeeperId{1});
  CHECK(told == std::vector{0, 1, 2});
  for (const ClaimId claim : again) CHECK(claims.open(claim));
  claims.keeper_died(KeeperId{2});
  CHECK(told.size() == 6);
  claims.check_consistency();
  CHECK(claims.outcome().counters.died_with_keeper == 6);
}

TEST_CASE("messages are counted for as long as there are claims, and their rate is over the same time") {
  ManualKernel kernel;
  Claims claims{leases(), kernel, [] { return false; }};
  (void)claims.take(of(1), [](ClaimEnd) {});
  claims.claimant_died(ClaimantId{1});
  kernel.run();  // a lease is silent until it is over
  const GcOutcome outcome = claims.outcome();
  CHECK(outcome.counted == kernel.now() - kStartOfTime);
  CHECK(outcome.counted >= 20s);
  CHECK(outcome.messages_per_s() * to_seconds(outcome.counted) ==
        Approx(static_cast<double>(outcome.counters.messages)));
}
