// A request that meets nobody takes exactly the sum of its parts.
#include <cmath>

#include "tests/law/small_cluster.h"

using namespace cleave;
using namespace std::chrono_literals;

namespace {

Scenario lone(HandoffMode mode, FirstTokenSide side) {
  Scenario scenario = small_cluster();
  for (PoolParams& pool : scenario.pools) {
    pool.replicas = 1;
    pool.engine.first_token_side = side;
  }
  SyntheticParams traffic;
  traffic.arrivals = DeterministicArrivals{RequestsPerSecond{0.1}};
  traffic.input = FixedLength{Tokens{4000}};
  traffic.output = FixedLength{Tokens{20}};
  traffic.requests = 1;
  scenario.workload.classes[0].traffic = traffic;
  scenario.transfer.mode = mode;
  return scenario;
}

struct Kept final : RequestSink {
  void on_request(const RequestRecord& r) override { record = r; }
  RequestRecord record;
};

/// The one request's record, and what its parts should take.
struct Parts {
  RequestRecord record;
  Duration prefill{};
  Duration flow{};        // of its whole KV, alone
  Duration last_layer{};  // of its last layer's KV, alone
  Duration decode{};      // of all decode steps
  std::int64_t decode_steps = 0;
};

Parts run(const Scenario& scenario, std::int64_t decode_steps, std::int64_t first_context) {
  Simulation simulation{scenario, test_catalogue()};
  const PoolPlan& prefill = simulation.pools()[0];
  const PoolPlan& decode = simulation.pools()[1];
  Parts parts;
  const PrefillChunk chunk{Tokens{4000}, Tokens{0}};
  parts.prefill = prefill.cost->step({{&chunk, 1}, 0, Tokens{0}});
  std::vector<Duration> steps(static_cast<std::size_t>(decode_steps));
  decode.cost->decode_steps(1, Tokens{first_context}, steps);
  for (const Duration step : steps) parts.decode += step;
  const double bytes = 4000 * prefill.kv_bytes_per_token;
  const double rate = prefill.device->nic.value.value() * simulation.platform().transfer.network.best_share();
  parts.flow = next_nanosecond(bytes / rate - 1e-11);
  parts.last_layer = next_nanosecond(bytes / static_cast<double>(prefill.model->layer_count()) / rate - 1e-11);
  const auto recorder = simulation.make_recorder();
  Kept kept;
  recorder->attach(kept);
  simulation.run(*recorder);
  parts.record = kept.record;
  return parts;
}

}  // namespace

TEST_CASE("prefill, notice, set-up, latency, bytes over bandwidth, and decode steps add up to the nanosecond") {
  const Scenario scenario = lone(HandoffMode::after_prefill, FirstTokenSide::decode);
  // Two racks are not needed: both nodes share a leaf, so the latency is the NIC's.
  const Parts p = run(scenario, 20, 4000);
  const RequestRecord& r = p.record;
  CHECK(*r.prefill_done - r.arrival == p.prefill);
  CHECK(*r.kv_ready - *r.prefill_done == scenario.transfer.message_latency +
                                             test_catalogue().protocol("rdma-read").setup.value +
                                             scenario.network.nic_latency + p.flow);
  CHECK(*r.last_token - *r.kv_ready == p.decode);
  CHECK(r.transferred == Bytes{4000 * 131072});
}

TEST_CASE("when the prefill side answers first, the decode side starts with the second token") {
  const Parts p = run(lone(HandoffMode::after_prefill, FirstTokenSide::prefill), 19, 4001);
  CHECK(*p.record.first_token - p.record.arrival == p.prefill);
  CHECK(*p.record.last_token - *p.record.kv_ready == p.decode);
}

TEST_CASE("layer by layer, only the last layer's bytes are left when the prompt is computed") {
  const Scenario scenario = lone(HandoffMode::layerwise, FirstTokenSide::decode);
  const Parts p = run(scenario, 20, 4000);
  const RequestRecord& r = p.record;
  // Space is asked for and granted first: two messages.
  CHECK(*r.prefill_done - r.arrival == p.prefill + 2 * scenario.transfer.message_latency);
  // The sender tells the receiver when all is there. The flow's bytes leave one NIC latency late, so that much of its
  // production is still to be sent at the end.
  const Duration left = *r.kv_ready - *r.prefill_done - scenario.transfer.message_latency;
  CHECK(left >= p.last_layer);
  CHECK(left <= p.last_layer + 2 * scenario.network.nic_latency);
  CHECK(left < p.flow / 20);
}
