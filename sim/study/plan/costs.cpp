#include "sim/study/plan/costs.h"

#include <nlohmann/json.hpp>

#include "sim/study/expression/json_names.h"

namespace cleave {
namespace {

using Json = nlohmann::ordered_json;

double number_at(const Json& summary, const std::string& name) {
  const Json* node = find_in_json(summary, name);
  return node != nullptr && node->is_number() ? node->get<double>() : 0;
}

double mean_of(const std::vector<Json>& summaries, const std::string& name) {
  double sum = 0;
  for (const Json& summary : summaries) sum += number_at(summary, name);
  return summaries.empty() ? 0 : sum / static_cast<double>(summaries.size());
}

/// Power of one accelerator, as a share of its rated power, while it is busy.
double busy_share(const PowerShares& power, const std::string& role, double prompt_share) {
  if (role == "prefill") return power.prefill.value;
  if (role == "decode") return power.decode.value;
  return prompt_share * power.prefill.value + (1 - prompt_share) * power.decode.value;
}

}  // namespace

PlanCosts costs_of(const PlanOption& option, const Counts& counts, const PriceList& prices,
                   const std::vector<std::string>& summary_texts, const std::vector<double>& prompt_seconds,
                   const std::vector<double>& output_seconds) {
  std::vector<Json> summaries;
  for (const std::string& text : summary_texts) summaries.push_back(Json::parse(text));
  const double hours = mean_of(summaries, "simulated_s") / 3600;
  const double input = mean_of(summaries, "tokens.input");
  const double output = mean_of(summaries, "tokens.output");
  PlanCosts costs;
  costs.power_included = prices.includes_power;
  double input_price = 0;  // USD an hour that prompts cost
  double output_price = 0;
  for (std::size_t i = 0; i < option.pools.size(); ++i) {
    const PlanChoice& choice = option.pools[i];
    PoolCost pool{choice.pool, choice.role, choice.hardware, counts[i] * choice.accelerators(), 0, 0, 0};
    pool.price = choice.price * pool.accelerators;
    pool.utilisation = mean_of(summaries, "pools[" + std::to_string(i) + "].utilisation");
    const double prompt_time = input * prompt_seconds[i];
    const double output_time = output * output_seconds[i];
    const double mixed_share = prompt_time + output_time > 0 ? prompt_time / (prompt_time + output_time) : 0.5;
    const double prompt_share = choice.role == "prefill" ? 1 : choice.role == "decode" ? 0 : mixed_share;
    const double idle = prices.power.idle.value;
    const double busy = busy_share(prices.power, choice.role, prompt_share);
    pool.watts = prices.pue.value * pool.accelerators * choice.rated_power * (idle + (busy - idle) * pool.utilisation);
    input_price += prompt_share * pool.price;
    output_price += (1 - prompt_share) * pool.price;
    costs.accelerators_per_hour += pool.price;
    costs.watts += pool.watts;
    costs.pools.push_back(pool);
  }
  costs.power_per_hour = costs.watts / 1000 * prices.usd_per_kwh.value;
  costs.total_per_hour = costs.accelerators_per_hour + (costs.power_included ? 0 : costs.power_per_hour);
  const double scale = costs.accelerators_per_hour > 0 ? costs.total_per_hour / costs.accelerators_per_hour : 1;
  if (hours > 0 && input > 0) costs.per_mtok_input = scale * input_price * hours / input * 1e6;
  if (hours > 0 && output > 0) costs.per_mtok_output = scale * output_price * hours / output * 1e6;
  if (hours > 0 && input + output > 0) costs.per_mtok = costs.total_per_hour * hours / (input + output) * 1e6;
  return costs;
}

}  // namespace cleave
