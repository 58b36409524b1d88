#include "sim/report/costs_json.h"

namespace cleave {
namespace {

using Json = nlohmann::ordered_json;

Json number(const std::optional<double>& value) {
  return value ? Json(*value) : Json(nullptr);
}

}  // namespace

nlohmann::ordered_json costs_json(const ClusterCosts& costs) {
  Json pools = Json::array();
  for (const PoolCost& pool : costs.pools) {
    pools.push_back({{"pool", pool.pool},
                     {"role", pool.role},
                     {"hardware", pool.hardware},
                     {"accelerators", pool.accelerators},
                     {"usd_per_h", pool.price},
                     {"usd_per_mtok_input", number(pool.per_mtok_input)},
                     {"usd_per_mtok_output", number(pool.per_mtok_output)},
                     {"utilisation", pool.utilisation},
                     {"watts_idle_each", pool.power.idle},
                     {"watts_busy_each", pool.power.busy},
                     {"watts_server_each", number(pool.power.server)},
                     {"watts", pool.watts}});
  }
  Json storage = Json::array();
  for (const StorageCost& tier : costs.storage) {
    storage.push_back({{"tier", tier.tier},
                       {"medium", tier.medium},
                       {"capacity_bytes", tier.capacity.value()},
                       {"rent_usd_per_h", tier.rent},
                       {"fees_usd_per_h", tier.fees}});
  }
  return {{"total_usd_per_h", costs.total_per_hour},
          {"accelerators_usd_per_h", costs.accelerators_per_hour},
          {"storage_usd_per_h", costs.storage_per_hour},
          {"egress_usd_per_h", costs.egress_per_hour},
          {"power_usd_per_h", costs.power_per_hour},
          {"power_in_price", costs.power_included},
          {"watts", costs.watts},
          {"usd_per_mtok_input", number(costs.per_mtok_input)},
          {"usd_per_mtok_output", number(costs.per_mtok_output)},
          {"usd_per_mtok", number(costs.per_mtok)},
          {"pools", pools},
          {"storage", storage}};
}

}  // namespace cleave
