// Whether regions make one federation: names, a link for each pair, and what cannot cross between them.

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "sim/scenario/checker.h"
#include "sim/scenario/param_names.h"
#include "sim/scenario/yaml_reader.h"

namespace cleave {
namespace {

std::vector<std::string_view> names_of_regions(const Scenario& scenario) {
  return {scenario.federation.regions.begin(), scenario.federation.regions.end()};
}

void check_region(const Checker& check, const std::string& path, const std::string& name) {
  const auto regions = names_of_regions(check.scenario);
  if (name.empty() || std::find(regions.begin(), regions.end(), name) != regions.end()) return;
  if (regions.empty()) {
    check.fail(path, fmt::format("got \"{}\", but federation.regions names none", name));
  } else {
    check.fail(path, fmt::format("got \"{}\", expected one of federation.regions: {}{}", name, listing(regions),
                                 suggestion(name, regions)));
  }
}

void check_names(const Checker& check) {
  std::set<std::string> seen;
  const auto& regions = check.scenario.federation.regions;
  for (std::size_t i = 0; i < regions.size(); ++i) {
    const std::string path = fmt::format("federation.regions[{}]", i);
    if (regions[i].empty()) check.fail(path, "got an empty name");
    if (!seen.insert(regions[i]).second) {
      check.fail(path, fmt::format("got \"{}\", which an earlier region has; names are unique", regions[i]));
    }
  }
  for (std::size_t i = 0; i < check.scenario.pools.size(); ++i) {
    check_region(check, fmt::format("pools[{}].region", i), check.scenario.pools[i].region);
  }
  for (std::size_t i = 0; i < check.scenario.workload.classes.size(); ++i) {
    check_region(check, fmt::format("workload.classes[{}].region", i), check.scenario.workload.classes[i].region);
  }
}

using Pair = std::pair<std::string, std::string>;

Pair ordered(const std::string& a, const std::string& b) {
  return a < b ? Pair{a, b} : Pair{b, a};
}

void check_links(const Checker& check) {
  const FederationParams& federation = check.scenario.federation;
  std::set<Pair> joined;
  for (std::size_t i = 0; i < federation.links.size(); ++i) {
    const std::string path = fmt::format("federation.links[{}].between", i);
    const auto& between = federation.links[i].between;
    if (between.size() != 2 || between[0] == between[1]) {
      check.fail(path, fmt::format("got {} names, expected two different regions", between.size()));
      continue;
    }
    for (const std::string& name : between) check_region(check, path, name);
    if (!joined.insert(ordered(between[0], between[1])).second) {
      check.fail(path, fmt::format("{} and {} are joined by an earlier link", between[0], between[1]));
    }
  }
  for (std::size_t a = 0; a < federation.regions.size(); ++a) {
    for (std::size_t b = a + 1; b < federation.regions.size(); ++b) {
      if (joined.count(ordered(federation.regions[a], federation.regions[b])) > 0) continue;
      check.fail("federation.links", fmt::format("no link joins {} and {}: every pair of regions needs one",
                                                 federation.regions[a], federation.regions[b]));
    }
  }
}

/// An answer begins in one region and goes on there.
void check_answers(const Checker& check) {
  const auto& pools = check.scenario.pools;
  for (std::size_t i = 0; i < pools.size(); ++i) {
    if (pools[i].role != ReplicaRole::prefill || pools[i].engine.first_token_side != FirstTokenSide::prefill) continue;
    const bool apart = std::any_of(pools.begin(), pools.end(), [&](const PoolParams& other) {
      return other.role != ReplicaRole::prefill && other.model == pools[i].model && other.region != pools[i].region;
    });
    if (!apart) continue;
    check.fail(fmt::format("pools[{}].engine.first_token_side", i),
               fmt::format("got prefill, but what pool {} computes may be decoded in another region, from where the "
                           "answer comes: expected decode",
                           pools[i].name));
  }
}

void check_protocol(const Checker& check) {
  const Scenario& scenario = check.scenario;
  const ProtocolSpec* wan = check.catalogue.find_protocol(scenario.federation.protocol);
  if (wan == nullptr) {
    check.fail("federation.protocol",
               check.catalogue.unknown_name(CatalogueKind::protocol, scenario.federation.protocol));
    return;
  }
  if (scenario.federation.regions.size() < 2) {
    if (!std::holds_alternative<NoDirectory>(scenario.federation.directory)) {
      check.fail("federation.directory", "got one, but there are not two regions that could learn of each other");
    }
    return;
  }
  if (wan->path == TransferPath::store) {
    check.fail("federation.protocol",
               fmt::format("got \"{}\", which goes through a store: expected one that joins two regions", wan->name));
  } else if (wan->initiator == Initiator::receiver && scenario.transfer.mode != HandoffMode::after_prefill) {
    check.fail("federation.protocol",
               fmt::format("got \"{}\", by which the receiver reads: with mode {} the sender must write", wan->name,
                           name_of(scenario.transfer.mode)));
  }
  const ProtocolSpec* network = check.catalogue.find_protocol(protocol_name(scenario.transfer));
  if (network != nullptr && network->path == TransferPath::store) {
    check.fail("transfer.protocol", fmt::format("got \"{}\", whose store is in one place, but there are {} regions",
                                                network->name, scenario.federation.regions.size()));
  }
}

}  // namespace

void check_federation(const Checker& check) {
  check_names(check);
  check_links(check);
  check_answers(check);
  check_protocol(check);
}

}  // namespace cleave
