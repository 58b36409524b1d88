#include "sim/app/facts.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "models/units/text.h"
#include "sim/app/kv_facts.h"
#include "sim/app/price_facts.h"
#include "sim/app/transfer_facts.h"
#include "sim/report/humanise.h"
#include "sim/scenario/param_names.h"
#include "sim/scenario/paths.h"

namespace cleave {
namespace {

Bytes weights_of_replica(const PoolPlan& plan) {
  return plan.memory ? plan.memory->weights * plan.accelerators() : Bytes{};
}

/// How many requests of the greatest length fit the KV memory of a replica at once, each with its window and state, and
/// the states that are kept of it.
std::optional<double> longest_at_once(const PoolPlan& plan) {
  if (!plan.kv_blocks) return std::nullopt;
  const EngineParams& engine = plan.params->engine;
  const std::int64_t growing = blocks_needed(engine.max_model_len, engine.block_size);
  const bool keeps = engine.enable_prefix_caching && engine.state_caching != StateCaching::none;
  const std::int64_t kept = engine.state_caching == StateCaching::all ? growing : 1;
  const std::int64_t each = growing + plan.state_blocks + (keeps ? kept * plan.kept_state_blocks : 0);
  return static_cast<double>(*plan.kv_blocks) / static_cast<double>(each);
}

PoolFacts pool_facts(const PoolPlan& plan) {
  PoolFacts facts;
  facts.name = plan.params->name;
  facts.role = name_of(plan.params->role);
  facts.hardware = plan.device->name;
  facts.model = plan.model->name;
  facts.replicas = plan.params->replicas;
  facts.accelerators = plan.params->replicas * plan.accelerators();
  facts.price = plan.price;
  facts.kv_blocks = plan.kv_blocks;
  facts.block_size = plan.params->engine.block_size;
  facts.weights = weights_of_replica(plan);
  facts.kv_per_token = Bytes{std::llround(plan.kv_bytes_per_token)};
  facts.longest = plan.params->engine.max_model_len;
  facts.longest_at_once = longest_at_once(plan);
  return facts;
}

std::string kv_source(const PoolPlan& plan) {
  const EngineParams& engine = plan.params->engine;
  if (engine.unlimited_kv) return "scenario: unlimited_kv";
  if (engine.kv_blocks) return "scenario: kv_blocks";
  const MemoryPlan& memory = *plan.memory;
  return fmt::format("an accelerator's {} usable, less weights {}, activations {}, reserve {}",
                     human::bytes(static_cast<double>(memory.usable.value())),
                     human::bytes(static_cast<double>(memory.weights.value())),
                     human::bytes(static_cast<double>(memory.activations.value())),
                     human::bytes(static_cast<double>(memory.reserved.value())));
}

void add_derived(RunFacts& facts, const PoolPlan& plan, const Platform& platform) {
  const std::string pool = plan.params->name + ": ";
  if (plan.memory) {
    facts.derived.push_back(
        {pool + "weights per replica", human::bytes(static_cast<double>(weights_of_replica(plan).value())),
         fmt::format("{} in {}, tp {} x pp {}{}", plan.model->name, plan.params->weight_dtype, plan.layout.tp,
                     plan.layout.pp, plan.layout.cp > 1 ? fmt::format(" x cp {}", plan.layout.cp) : "")});
  }
  const std::string blocks = plan.kv_blocks ? fmt::format("{} of {} tokens", human::count(*plan.kv_blocks),
                                                          plan.params->engine.block_size.value())
                                            : "unlimited";
  facts.derived.push_back({pool + "KV blocks per replica", blocks, kv_source(plan)});
  if (plan.kept_state_blocks > 0) {
    facts.derived.push_back({pool + "linear attention's state", fmt::format("{} blocks", plan.kept_state_blocks),
                             "of each sequence, and of each place where one is kept to be found again; a block has at "
                             "least the size of one layer's state"});
  }
  const DtypeFacts& format = facts_of(plan.layout.kv);
  facts.derived.push_back({pool + "KV per token", human::bytes(plan.kv_bytes_per_token),
                           fmt::format("{} in {}{}{}", plan.model->name, plan.params->kv_dtype,
                                       format.note.empty() ? "" : ": ", format.note)});
  if (is_kv_codec(plan.layout.kv)) {
    facts.warnings.push_back(
        fmt::format("{}KV in {} changes answers ({}): what it saves is shown here, what it costs in "
                    "quality is not",
                    pool, format.name, format.note));
  }
  const LinkId nic = platform.replicas[plan.first_replica.index()].nic_out;
  facts.derived.push_back({pool + "network per replica",
                           human::bytes(platform.topology.links[nic.index()].bandwidth.value()) + "/s",
                           "the NIC of each accelerator, per direction, times what the protocol reaches"});
}

const CatalogueItem* item_of(const Catalogue& catalogue, CatalogueKind kind, const std::string& name) {
  for (const CatalogueItem* item : catalogue.find_items(name)) {
    if (item->kind == kind) return item;
  }
  return nullptr;
}

void add_item(RunFacts& facts, const Catalogue& catalogue, CatalogueKind kind, const std::string& name) {
  const CatalogueItem* item = item_of(catalogue, kind, name);
  if (item == nullptr) return;
  const std::string path =
      fmt::format("{}/{}", item->file.parent_path().filename().string(), item->file.filename().string());
  for (const CatalogueFile& known : facts.catalogue) {
    if (known.path == path) return;
  }
  facts.catalogue.push_back({path, fmt::format("{:016x}", item->hash)});
  const auto rows = catalogue.rows(*item);
  const auto assumed =
      std::count_if(rows.begin(), rows.end(), [](const auto& row) { return row.confidence == "assumed"; });
  if (assumed > 0) {
    facts.warnings.push_back(fmt::format("{} of the catalogue's numbers for {} {} assumed: see `cleave show {}`",
                                         assumed, name, assumed == 1 ? "is" : "are", name));
  }
}

void warn_of_price_lists(RunFacts& facts, const std::vector<PoolPlan>& pools) {
  std::set<std::string> lists;
  for (const PoolPlan& plan : pools) {
    if (plan.params->price) {
      lists.insert("the scenario");
    } else if (plan.device->price) {
      lists.insert(plan.device->price->list);
    } else {
      facts.warnings.push_back(fmt::format("no price for {}: costs are left out; set `price` in pool {}",
                                           plan.device->name, plan.params->name));
    }
  }
  if (lists.size() > 1) {
    facts.warnings.push_back(
        fmt::format("pools are priced by different lists ({}): their costs do not compare", fmt::join(lists, "; ")));
  }
}

LinkClassFacts link_facts(const LinkClassOutcome& outcome, const Topology& topology) {
  LinkClassFacts facts;
  facts.name = outcome.name;
  facts.links = static_cast<std::uint32_t>(outcome.links);
  facts.bytes = outcome.bytes;
  for (const LinkSpec& link : topology.links) {
    if (link.cls == outcome.name) facts.bandwidth = std::max(facts.bandwidth, link.bandwidth);
  }
  facts.peak_utilisation = outcome.peak_utilisation;
  facts.bottleneck = outcome.busiest;
  return facts;
}

void add_counters(RunFacts& facts, const RunOutcome& outcome) {
  const ClusterCounters& c = outcome.cluster;
  const MoverCounters& m = outcome.movements;
  facts.counters = {{"preemptions", outcome.preemptions},
                    {"rejected_by_admission", c.rejected_by_admission},
                    {"rejected_too_long", c.rejected_too_long},
                    {"rejected_when_computed", c.rejected_when_computed},
                    {"held_back", c.held_back},
                    {"handoffs", c.handoffs},
                    {"handoffs_waited_for_space", c.handoffs_waited},
                    {"handoffs_preempted", c.handoffs_preempted},
                    {"pulls", c.pulls},
                    {"pulls_without_room", c.pulls_without_room},
                    {"stores", c.stores},
                    {"blocks_stored", c.blocks_stored},
                    {"blocks_not_stored", c.blocks_not_stored},
                    {"movements", m.started},
                    {"movements_delivered", m.delivered},
                    {"movements_cancelled", m.cancelled},
                    {"movements_retried", m.retried},
                    {"movements_given_up", m.gave_up},
                    {"movements_timed_out", m.timed_out},
                    {"movements_waited_for_buffer", m.waited_for_buffer},
                    {"connections", m.connections},
                    {"clients_gave_up", c.clients_gave_up},
                    {"clients_stopped", c.clients_stopped},
                    {"replica_crashes", c.replica_crashes},
                    {"requests_lost_to_crashes", c.requests_lost_to_crashes},
                    {"handoffs_redirected", c.handoffs_redirected},
                    {"requests_retried", c.requests_retried},
                    {"messages_lost", c.messages_lost},
                    {"abandoned_turns", outcome.abandoned_turns}};
}

}  // namespace

RunFacts facts_before(const LoadedScenario& loaded, const Simulation& simulation, const Catalogue& catalogue) {
  RunFacts facts;
  facts.scenario = loaded.scenario.name;
  facts.description = loaded.scenario.description;
  facts.seed = loaded.scenario.seed;
  facts.version = CLEAVE_VERSION;
  facts.resolved_json = loaded.resolved_json;
  facts.resolved_yaml = loaded.resolved_yaml;
  for (const PoolPlan& plan : simulation.pools()) {
    facts.pools.push_back(pool_facts(plan));
    add_derived(facts, plan, simulation.platform());
    add_item(facts, catalogue, CatalogueKind::hardware, plan.device->name);
    add_item(facts, catalogue, CatalogueKind::llm, plan.model->name);
  }
  for (const CatalogueItem* item : transfer_items(simulation, catalogue)) {
    add_item(facts, catalogue, item->kind, item->name);
  }
  add_transfer_facts(facts, simulation);
  warn_of_price_lists(facts, simulation.pools());
  return facts;
}

void add_outcome(RunFacts& facts, const RunOutcome& outcome, const Simulation& simulation) {
  facts.simulated = outcome.end - kStartOfTime;
  facts.events = outcome.kernel.events;
  facts.flows = outcome.kernel.flows;
  facts.interrupted = outcome.interrupted;
  for (std::size_t p = 0; p < facts.pools.size(); ++p) {
    const PoolPlan& plan = simulation.pools()[p];
    for (std::size_t r = 0; r < plan.params->replicas; ++r) {
      const ReplicaUsage& usage = outcome.usage[plan.first_replica.index() + r];
      facts.pools[p].busy += usage.busy;
      facts.pools[p].steps += usage.steps;
      facts.pools[p].tokens_computed += usage.tokens_computed;
    }
  }
  for (const LinkClassOutcome& links : outcome.links) {
    facts.links.push_back(link_facts(links, simulation.platform().topology));
  }
  add_counters(facts, outcome);
  add_prices(facts, simulation);
  add_kv_facts(facts, outcome, simulation);
}

void warn_of_empty_window(RunFacts& facts, const RunResults& results) {
  const bool left_out = results.whole.tally.requests.arrived > 0 && results.measured.tally.requests.arrived == 0;
  if (!left_out) return;
  facts.warnings.push_back(
      fmt::format("all {} requests arrived within output.warm_up, {}: the measured window is empty; see the full run, "
                  "or shorten it",
                  results.whole.tally.requests.arrived, format(results.warm_up)));
}

std::vector<std::string> missing_inputs(const Scenario& scenario) {
  std::vector<std::string> missing;
  Scenario copy = scenario;  // paths are visited so that they can be changed
  visit_input_paths(copy, [&](const std::string& file) {
    if (!std::filesystem::exists(file)) missing.push_back(file);
  });
  return missing;
}

}  // namespace cleave
