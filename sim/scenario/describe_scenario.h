#pragma once
// The fields of sim/scenario/scenario.h. Include this one for `describe` of everything that a scenario holds.

#include "sim/scenario/describe_federation.h"
#include "sim/scenario/describe_kv.h"
#include "sim/scenario/describe_serving.h"
#include "sim/scenario/describe_workload.h"
#include "sim/scenario/pool_layout.h"

namespace cleave {

template <class V>
void describe(V& v, ParallelParams& parallel) {
  v.field("tp", parallel.tp, "tensor-parallel accelerators", at_least(1).at_most(1024));
  v.field("pp", parallel.pp, "pipeline stages", at_least(1).at_most(1024));
  v.field("ep", parallel.ep, "ranks of tp that hold different experts; the others slice each expert",
          at_least(1).at_most(1024));
  v.field("dp_attention", parallel.dp_attention,
          "groups of tp that attend to different sequences, each with weights and KV of its own",
          at_least(1).at_most(1024));
  v.field("cp", parallel.cp, "copies over which a prompt's tokens are spread", at_least(1).at_most(1024));
  v.field("expert_imbalance", parallel.expert_imbalance, "tokens of the busiest expert-parallel rank, of the mean",
          at_least(1));
}

template <class V>
void describe(V& v, PoolParams& pool) {
  v.field("name", pool.name, "a name, unique among the pools", required().not_empty());
  v.field("role", pool.role, "what its replicas compute");
  v.field("replicas", pool.replicas, "how many", at_least(1).at_most(1'000'000));
  v.field("hardware", pool.hardware, "accelerator, from the catalogue", Rule{}.not_empty());
  v.field("model", pool.model, "which model it serves; empty: the scenario's");
  v.field("weight_dtype", pool.weight_dtype, "of the weights", one_of({"bf16", "fp8", "fp4"}));
  v.field("kv_dtype", pool.kv_dtype, "of the KV cache", one_of(kv_dtype_names()));
  v.field("kv_spill", pool.kv_spill,
          "host memory of a replica for KV beyond on-chip memory, read in each step; not given: requests wait",
          above(0));
  v.field("block_layout", pool.block_layout, "where the bytes of a KV block lie: by layer, or all layers in one piece");
  v.field("parallel", pool.parallel, "how one replica spreads over accelerators");
  v.field("peer_access", pool.peer_access,
          "how accelerators without links of their own reach each other: over the bus, or through the host's memory");
  v.field("cost", pool.cost, "what prices a step: fitted kernels where the device has them, or a roofline",
          one_of(cost_model_names()));
  v.field("engine", pool.engine, "the serving engine");
  v.field("price", pool.price, "of one accelerator, instead of the catalogue's");
  v.field("zone", pool.zone, "racks are filled zone by zone");
  v.field("region", pool.region, "of federation.regions; empty: the first");
}

template <class V>
void describe(V& v, NetworkParams& network) {
  v.field("nodes_per_rack", network.nodes_per_rack, "nodes under one leaf switch", at_least(1));
  v.field("oversubscription", network.oversubscription, "a leaf's uplinks carry the sum of its NICs divided by this",
          at_least(1));
  v.field("pools_share_nodes", network.pools_share_nodes,
          "a pool continues on the node where the pool before it ended, if both have the same hardware and zone");
  v.field("nic_latency", network.nic_latency, "between a NIC and its leaf switch");
  v.field("spine_latency", network.spine_latency, "between a leaf and the spine");
  v.field("nic_bandwidth", network.nic_bandwidth, "of one accelerator's NIC, instead of the catalogue's", above(0));
}

template <class V>
void describe(V& v, CrashFault& fault) {
  v.field("at", fault.at, "when the replica loses its KV and its requests", required());
  v.field("pool", fault.pool, "whose replica", required());
  v.field("replica", fault.replica, "which one, from 0");
  v.field("down_for", fault.down_for, "it restarts after this time");
}
template <class V>
void describe(V& v, LinkFault& fault) {
  v.field("at", fault.at, "when the links of the replica's NICs change", required());
  v.field("pool", fault.pool, "whose replica", required());
  v.field("replica", fault.replica, "which one, from 0");
  v.field("factor", fault.factor, "bandwidth becomes this share of itself; 0: down", between(0, 1));
  v.field("lasts", fault.lasts, "for how long", above(0));
}
template <class V>
void describe(V& v, LostMessageFault& fault) {
  v.field("at", fault.at, "the next hand-off notice after this time is lost", required());
  v.field("pool", fault.pool, "whose replica it was sent to", required());
  v.field("replica", fault.replica, "which one, from 0");
}

template <class V>
void describe(V& v, OutputParams& output) {
  v.field("folder", output.folder, "where results go; empty: a folder named after the scenario and its seed");
  v.field("timeseries_interval", output.timeseries_interval, "time between two samples", at_least(1e6));  // nanoseconds
  v.field("decision_log", output.decision_log, "write decisions.csv: what each policy chose and why");
  v.field("requests_csv", output.requests_csv, "write requests.csv");
  v.field("warm_up", output.warm_up, "requests that arrive earlier are left out of the measured window");
}

template <class V>
void describe(V& v, Scenario& scenario) {
  v.field("name", scenario.name, "of the run; the file's name when left out");
  v.field("description", scenario.description, "what it shows");
  v.field("seed", scenario.seed, "of all random streams");
  v.field("model", scenario.model, "of pools and classes that name none, from the catalogue", Rule{}.not_empty());
  v.field("prices", scenario.prices,
          "a price list of the catalogue: what accelerators, tiers, egress and electricity cost", Rule{}.not_empty());
  v.field("until", scenario.until, "hard stop; requests still in the system are unfinished", above(0));
  v.field("pools", scenario.pools, "replicas by kind", required().not_empty());
  v.field("network", scenario.network, "what joins the nodes");
  v.field("federation", scenario.federation, "regions, and what joins them");
  v.field("transfer", scenario.transfer, "how KV moves between replicas");
  v.field("router", scenario.router, "which replica serves a request");
  v.field("prefix_index", scenario.prefix_index, "how the router learns what is cached where");
  v.field("tiers", scenario.tiers, "memory and storage behind the accelerators' own, nearest first");
  v.field("kv_load", scenario.kv_load, "whether, when and how KV is loaded from tiers");
  v.field("kv_store", scenario.kv_store, "what protects readers and writers of tiers");
  v.field("kv_gc", scenario.kv_gc, "who frees blocks that somebody elsewhere holds");
  v.field("workload", scenario.workload, "the traffic", required());
  v.field("faults", scenario.faults, "what breaks, and when");
  v.field("output", scenario.output, "what is written");
}

}  // namespace cleave
