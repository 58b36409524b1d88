#include "sim/scenario/validate.h"

#include <fmt/format.h>

#include <variant>
#include <vector>

#include "models/units/text.h"
#include "sim/scenario/checker.h"

namespace cleave {
namespace {

const PoolParams* find_pool(const Scenario& scenario, std::string_view name) {
  for (const PoolParams& pool : scenario.pools) {
    if (pool.name == name) return &pool;
  }
  return nullptr;
}

}  // namespace

void check_faults(const Checker& check) {
  std::vector<std::string_view> names;
  for (const PoolParams& pool : check.scenario.pools) names.push_back(pool.name);
  for (std::size_t i = 0; i < check.scenario.faults.size(); ++i) {
    const std::string path = fmt::format("faults[{}]", i);
    std::visit(
        [&](const auto& fault) {
          const PoolParams* pool = find_pool(check.scenario, fault.pool);
          if (pool == nullptr) {
            check.fail(path + ".pool", fmt::format("got \"{}\", expected the name of a pool: {}{}", fault.pool,
                                                   listing(names), suggestion(fault.pool, names)));
          } else if (fault.replica >= pool->replicas) {
            check.fail(path + ".replica", fmt::format("got {}, expected at most {}: pool {} has {} replicas, from 0",
                                                      fault.replica, pool->replicas - 1, pool->name, pool->replicas));
          }
        },
        check.scenario.faults[i]);
  }
}

void validate(const Scenario& scenario, const Catalogue& catalogue, const Tree& tree, Diagnostics& diagnostics) {
  const Checker check{scenario, catalogue, tree, diagnostics};
  if (scenario.name.find('/') != std::string::npos) {
    check.fail("name", fmt::format("got \"{}\", expected a name without `/`: the results' folder is named after it",
                                   scenario.name));
  }
  check_pools(check);
  check_engines(check);
  check_hardware(check);
  check_workload(check);
  check_faults(check);
  check_kv(check);
  check_transfer(check);
  check_federation(check);
  check_router(check);
  if (scenario.until && scenario.output.warm_up >= *scenario.until) {
    check.fail("output.warm_up", fmt::format("got {}, expected less than `until`, {}", format(scenario.output.warm_up),
                                             format(*scenario.until)));
  }
}

}  // namespace cleave
