#include "sim/study/plan/costs.h"

#include <nlohmann/json.hpp>

#include "models/tier/tier_cost.h"
#include "sim/study/expression/json_names.h"

namespace cleave {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kGigabyte = 1e9;
constexpr double kMillion = 1e6;
constexpr const char* kBetweenRegions = "WAN";  // class of links whose bytes pay egress

double number_at(const Json& summary, const std::string& name) {
  const Json* node = find_in_json(summary, name);
  return node != nullptr && node->is_number() ? node->get<double>() : 0;
}

/// What several runs of one cluster did, on average.
class RunMeans {
 public:
  explicit RunMeans(const std::vector<std::string>& texts) {
    for (const std::string& text : texts) summaries_.push_back(Json::parse(text));
    hours = mean("simulated_s") / 3600;
    input = mean("tokens.input");
    output = mean("tokens.output");
  }

  double hours = 0;
  double input = 0;  // tokens
  double output = 0;

  [[nodiscard]] double mean(const std::string& name) const {
    return mean_over([&](const Json& summary) { return number_at(summary, name); });
  }
  [[nodiscard]] double of_tier(const std::string& tier, const char* number) const {
    return mean_over([&](const Json& summary) {
      const bool known = summary.contains("storage") && summary["storage"].contains(tier);
      return known ? summary["storage"][tier].value(number, 0.0) : 0.0;
    });
  }
  [[nodiscard]] double bytes_between_regions() const {
    return mean_over([](const Json& summary) {
      double bytes = 0;
      for (const Json& links : summary["links"])
        bytes += links["name"] == kBetweenRegions ? links.value("bytes", 0.0) : 0;
      return bytes;
    });
  }
  /// USD for a million tokens of so many. nullopt: no time or no token.
  [[nodiscard]] std::optional<double> per_million(double usd_per_hour, double tokens) const {
    if (hours <= 0 || tokens <= 0) return std::nullopt;
    return usd_per_hour * hours / tokens * kMillion;
  }

 private:
  template <class Of>
  [[nodiscard]] double mean_over(const Of& of) const {
    double sum = 0;
    for (const Json& summary : summaries_) sum += of(summary);
    return summaries_.empty() ? 0 : sum / static_cast<double>(summaries_.size());
  }

  std::vector<Json> summaries_;
};

/// Of a pool's cost, the part that prompts have.
double prompt_share(const std::string& role, const ReplicaCapacity& capacity, const RunMeans& runs) {
  if (role == "prefill") return 1;
  if (role == "decode") return 0;
  const double prompts = capacity.prompt_tokens > 0 ? runs.input / capacity.prompt_tokens : 0;
  const double outputs = capacity.output_tokens > 0 ? runs.output / capacity.output_tokens : 0;
  return prompts + outputs > 0 ? prompts / (prompts + outputs) : 0.5;
}

PhasePower power_of(const PlanChoice& choice, double prompts, const PowerShares& shares) {
  PhasePower power;
  power.idle = choice.rated_power * shares.idle.value;
  power.busy = choice.rated_power * (prompts * shares.prefill.value + (1 - prompts) * shares.decode.value);
  const auto server = shares.host.find(choice.hardware);
  if (server != shares.host.end()) power.server = server->second.value.value();
  return power;
}

PoolCost pool_cost(const CostBasis& basis, std::size_t index, double prompts, const RunMeans& runs) {
  const PlanChoice& choice = basis.option.pools[index];
  PoolCost pool;
  pool.pool = choice.pool;
  pool.role = choice.role;
  pool.hardware = choice.hardware;
  pool.accelerators = basis.counts[index] * choice.accelerators();
  pool.price = choice.price * pool.accelerators;
  pool.utilisation = runs.mean("pools[" + std::to_string(index) + "].utilisation");
  pool.power = power_of(choice, prompts, basis.prices.power);
  const double each = pool.power.idle + (pool.power.busy - pool.power.idle) * pool.utilisation;
  pool.watts = basis.prices.pue.value * pool.accelerators * (each + pool.power.server.value_or(0));
  return pool;
}

StorageCost storage_cost(const CostBasis& basis, std::size_t index, const RunMeans& runs) {
  const OptionTier& tier = basis.storage.tiers()[index];
  const auto instances = static_cast<std::int64_t>(basis.storage.instances(basis.counts)[index]);
  StorageCost cost{tier.name, tier.medium.name, instances * tier.capacity,
                   basis.storage.rent_per_hour(index, basis.counts), 0};
  const Bytes object{static_cast<std::int64_t>(runs.of_tier(tier.name, "object_bytes"))};
  if (runs.hours <= 0 || object <= Bytes{0}) return cost;
  for (const auto& [access, bytes] :
       {std::pair{TierAccess::read, "read_bytes"}, {TierAccess::write, "written_bytes"}}) {
    const Bytes moved{static_cast<std::int64_t>(runs.of_tier(tier.name, bytes))};
    if (moved <= Bytes{0}) continue;
    cost.fees += access_price(tier.medium, access, in_objects(moved, object)).value() / runs.hours;
  }
  return cost;
}

}  // namespace

ClusterCosts costs_of(const CostBasis& basis, const std::vector<std::string>& summaries) {
  const RunMeans runs(summaries);
  ClusterCosts costs;
  costs.power_included = basis.prices.includes_power;
  double prompts_per_hour = 0;  // USD of accelerators that prompts have
  std::vector<double> shares;
  for (std::size_t i = 0; i < basis.option.pools.size(); ++i) {
    const double prompts = prompt_share(basis.option.pools[i].role, basis.capacities[i], runs);
    const PoolCost& pool = costs.pools.emplace_back(pool_cost(basis, i, prompts, runs));
    shares.push_back(prompts);
    prompts_per_hour += prompts * pool.price;
    costs.accelerators_per_hour += pool.price;
    costs.watts += pool.watts;
  }
  for (std::size_t i = 0; i < basis.storage.tiers().size(); ++i) {
    const StorageCost& tier = costs.storage.emplace_back(storage_cost(basis, i, runs));
    costs.storage_per_hour += tier.rent + tier.fees;
  }
  const double gigabytes = runs.bytes_between_regions() / kGigabyte;
  if (runs.hours > 0) costs.egress_per_hour = gigabytes * basis.prices.egress_per_gb.value.value() / runs.hours;
  costs.power_per_hour = costs.watts / 1000 * basis.prices.usd_per_kwh.value;
  const double hardware = costs.accelerators_per_hour + (costs.power_included ? 0 : costs.power_per_hour);
  const double beside = costs.storage_per_hour + costs.egress_per_hour;
  costs.total_per_hour = hardware + beside;
  // Power on top is divided as the accelerators are.
  const double scale = costs.accelerators_per_hour > 0 ? hardware / costs.accelerators_per_hour : 1;
  for (std::size_t i = 0; i < costs.pools.size(); ++i) {
    PoolCost& pool = costs.pools[i];
    if (shares[i] > 0) pool.per_mtok_input = runs.per_million(scale * shares[i] * pool.price, runs.input);
    if (shares[i] < 1) pool.per_mtok_output = runs.per_million(scale * (1 - shares[i]) * pool.price, runs.output);
  }
  costs.per_mtok_input = runs.per_million(scale * prompts_per_hour + beside, runs.input);
  costs.per_mtok_output = runs.per_million(scale * (costs.accelerators_per_hour - prompts_per_hour), runs.output);
  costs.per_mtok = runs.per_million(costs.total_per_hour, runs.input + runs.output);
  return costs;
}

}  // namespace cleave
