#include "sim/app/transfer_facts.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "models/units/text.h"

namespace cleave {
namespace {

bool hands_over(const Simulation& simulation) {
  return std::any_of(simulation.pools().begin(), simulation.pools().end(),
                     [](const PoolPlan& pool) { return pool.params->role == ReplicaRole::prefill; });
}

void add_item(std::vector<const CatalogueItem*>& items, const Catalogue& catalogue, CatalogueKind kind,
              const std::string& name) {
  for (const CatalogueItem* item : catalogue.find_items(name)) {
    if (item->kind == kind) items.push_back(item);
  }
}

}  // namespace

std::vector<const CatalogueItem*> transfer_items(const Simulation& simulation, const Catalogue& catalogue) {
  std::vector<const CatalogueItem*> items;
  if (!hands_over(simulation)) return items;
  const TransferSpecs& specs = simulation.platform().transfer;
  add_item(items, catalogue, CatalogueKind::protocol, specs.network.name);
  if (specs.codec) add_item(items, catalogue, CatalogueKind::codec, specs.codec->name);
  if (specs.store) add_item(items, catalogue, CatalogueKind::tier, specs.store->name);
  if (!simulation.platform().trunks.empty()) {
    add_item(items, catalogue, CatalogueKind::protocol, specs.wan.name);
  }
  return items;
}

void add_transfer_facts(RunFacts& facts, const Simulation& simulation) {
  if (!hands_over(simulation)) return;
  const TransferSpecs& specs = simulation.platform().transfer;
  const ProtocolSpec& protocol = specs.network;
  facts.derived.push_back({"transfer: set-up of a movement", format(protocol.setup.value),
                           fmt::format("{}: {}", protocol.name, protocol.setup.source)});
  facts.derived.push_back({"transfer: share of the NICs' rate", fmt::format("{:.1f} %", 100 * protocol.best_share()),
                           fmt::format("{}: {}", protocol.name, protocol.efficiency.front().share.source)});
  if (specs.codec) {
    facts.derived.push_back({"transfer: encoding", fmt::format("{:.1f} times smaller", specs.codec->ratio.value),
                             fmt::format("{}: {}", specs.codec->name, specs.codec->ratio.source)});
    if (!specs.codec->quality.empty()) {
      facts.warnings.push_back(fmt::format("KV is encoded by {}: {}", specs.codec->name, specs.codec->quality));
    }
  }
  for (const PoolPlan& pool : simulation.pools()) {
    if (!pool.device->sram) continue;
    facts.derived.push_back({pool.params->name + ": effective bandwidth of on-chip memory",
                             format(pool.device->sram->effective_bandwidth.value),
                             pool.device->sram->effective_bandwidth.source});
  }
}

}  // namespace cleave
