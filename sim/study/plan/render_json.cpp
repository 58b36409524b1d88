#include <nlohmann/json.hpp>

#include "sim/report/costs_json.h"
#include "sim/study/plan/front.h"
#include "sim/study/plan/render.h"

namespace cleave {
namespace {

using Json = nlohmann::ordered_json;

Json number(const std::optional<double>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json json_of(const LimitCheck& check) {
  return {{"metric", check.metric}, {check.at_most ? "at_most" : "at_least", check.limit},
          {"mean", check.mean},     {"low", check.low},
          {"high", check.high},     {"verdict", name_of(check.holding)}};
}

Json json_of(const PlanAnswer& answer, const PlanCandidate& candidate) {
  Json pools = Json::array();
  const PlanOption& option = answer.options[candidate.option];
  for (std::size_t i = 0; i < option.pools.size(); ++i) {
    pools.push_back({{"pool", option.pools[i].pool},
                     {"hardware", option.pools[i].hardware},
                     {"tp", option.pools[i].tp},
                     {"pp", option.pools[i].pp},
                     {"cp", option.pools[i].cp},
                     {"replicas", candidate.counts[i]}});
  }
  Json checks = Json::array();
  for (const LimitCheck& check : candidate.evaluation.checks) checks.push_back(json_of(check));
  return {{"cluster", text_of(option, candidate.counts)},
          {"layout", option.layout},
          {"option", option.option},
          {"pools", pools},
          {"verdict", name_of(candidate.evaluation.holding)},
          {"objectives", checks},
          {"binding", candidate.evaluation.binding()},
          {"seeds", candidate.evaluation.summaries.size()},
          {"best_rate_req_per_s", number(candidate.best_rate)},
          {"fails_at_req_per_s", number(candidate.fails_at)},
          {"costs", costs_json(candidate.costs)}};
}

Json json_of(const PlanReport& report, const PlanAnswer& answer) {
  Json out{{"mix", answer.mix}, {"prices", answer.prices}, {"prices_date", answer.prices_date}};
  out["answer"] = plan_sentence(report, answer);
  out["best"] = answer.best ? json_of(answer, answer.evaluated[*answer.best]) : Json(nullptr);
  out["candidates"] = answer.candidates;
  out["simulated"] = answer.evaluated.size();
  out["simulations"] = answer.simulations;
  out["ranking"] = Json::array();
  for (const PlanRank& rank : answer.ranking) {
    out["ranking"].push_back({{"cluster", rank.what},
                              {"usd_per_h", number(rank.cost_per_hour)},
                              {"verdict", rank.status},
                              {"why", rank.why}});
  }
  out["evaluated"] = Json::array();
  for (const PlanCandidate& candidate : answer.evaluated) out["evaluated"].push_back(json_of(answer, candidate));
  out["points"] = Json::array();
  for (const PlanPoint& point : points_of(answer)) {
    out["points"].push_back({{"evaluated", point.candidate},
                             {"output_tokens_per_s_per_user", point.tokens_per_user},
                             {"output_tokens_per_s_per_accelerator", point.tokens_per_accelerator},
                             {"usd_per_h", point.cost_per_hour},
                             {"goodput_req_per_s", point.goodput},
                             {"on_speed_front", point.on_speed_front},
                             {"on_cost_front", point.on_cost_front}});
  }
  out["notes"] = answer.notes;
  return out;
}

}  // namespace

std::string plan_json(const PlanReport& report) {
  Json out{{"name", report.params.name},
           {"description", report.params.description},
           {"version", report.version},
           {"error", report.params.error},
           {"problems", report.problems}};
  out["answers"] = Json::array();
  for (const PlanAnswer& answer : report.answers) out["answers"].push_back(json_of(report, answer));
  return out.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace cleave
