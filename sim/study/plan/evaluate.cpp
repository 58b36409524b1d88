#include "sim/study/plan/evaluate.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "models/units/error.h"
#include "sim/study/expression/json_names.h"
#include "sim/study/sweep/fork_pool.h"

namespace cleave {
namespace {

using Json = nlohmann::ordered_json;

/// The metric in each run; a run that lacks it, or where it is undefined, makes it undefined.
std::optional<std::vector<double>> values_of(const std::vector<Json>& summaries, const std::string& metric) {
  std::vector<double> values;
  for (const Json& summary : summaries) {
    const Json* node = find_in_json(summary, metric);
    if (node == nullptr || !node->is_number()) return std::nullopt;
    values.push_back(node->get<double>());
  }
  return values;
}

bool overloaded(const std::vector<Json>& summaries) {
  const auto growing = std::count_if(summaries.begin(), summaries.end(), [](const Json& summary) {
    const Json* steadiness = find_in_json(summary, "steady_state.steadiness");
    return steadiness != nullptr && *steadiness == "growing";
  });
  return 2 * static_cast<std::size_t>(growing) > summaries.size();
}

std::string busiest_pool(const std::string& summary_text) {
  const Json summary = Json::parse(summary_text);
  std::string name;
  double most = -1;
  for (const Json& pool : summary["pools"]) {
    if (!pool["utilisation"].is_number() || pool["utilisation"].get<double>() <= most) continue;
    most = pool["utilisation"].get<double>();
    name = pool["name"].get<std::string>();
  }
  return most < 0 ? std::string{} : fmt::format("; busiest pool {}, {:.0f} %", name, 100 * most);
}

}  // namespace

std::string Evaluation::binding() const {
  const std::string busy = summaries.empty() ? "" : busiest_pool(summaries.front());
  if (!failure.empty()) return failure + busy;
  if (checks.empty()) return {};
  const auto tightest = std::max_element(checks.begin(), checks.end(),
                                         [](const auto& a, const auto& b) { return a.violation() < b.violation(); });
  return tightest->text() + busy;
}

Evaluator::Evaluator(const PlanParams& plan, const ScenarioFamily& family, const Catalogue& catalogue,
                     const SimulatePoint& simulate, EvaluateOptions options)
    : plan_(plan), family_(family), catalogue_(catalogue), simulate_(simulate), options_(std::move(options)) {}

void Evaluator::add_seeds(const Settings& settings, Evaluation& evaluation, std::size_t up_to) {
  const std::size_t first = evaluation.summaries.size();
  std::vector<std::string> texts(up_to - first);
  PoolCallbacks callbacks;
  callbacks.stop = options_.stop;
  callbacks.finished = [&](std::size_t job, JobResult result) {
    ++simulations_;
    if (options_.ran) options_.ran();
    if (result.status == JobStatus::done) {
      texts[job] = std::move(result.text);
    } else {
      evaluation.failure = result.text;
    }
  };
  const auto work = [&](std::size_t job) {
    return simulate_.run(family_.variant(settings, plan_.first_seed + first + job), catalogue_);
  };
  PoolOptions pool;
  pool.prepare = simulate_.prepare;
  pool.workers = options_.workers;
  if (!run_jobs(texts.size(), work, pool, callbacks).empty()) throw InterruptedError();
  for (std::string& text : texts) {
    if (!text.empty()) evaluation.summaries.push_back(std::move(text));
  }
}

void Evaluator::judge(Evaluation& evaluation) const {
  std::vector<Json> summaries;
  for (const std::string& text : evaluation.summaries) summaries.push_back(Json::parse(text));
  evaluation.checks.clear();
  for (const PlanSlo& slo : plan_.slo) {
    const auto values = values_of(summaries, slo.metric);
    for (const auto& [limit, at_most] : {std::pair{&slo.at_most, true}, std::pair{&slo.at_least, false}}) {
      if (!*limit) continue;
      evaluation.checks.push_back(
          check_limit(slo.metric, *limit_value(**limit), at_most, values.value_or(std::vector<double>{}), plan_.error));
      if (!values) evaluation.failure = slo.metric + " is undefined";
    }
  }
  if (overloaded(summaries)) evaluation.failure = "overloaded: requests pile up";
  const auto any = [&](Holding holding) {
    return std::any_of(evaluation.checks.begin(), evaluation.checks.end(),
                       [&](const LimitCheck& check) { return check.holding == holding; });
  };
  if (!evaluation.failure.empty() || any(Holding::fails)) {
    evaluation.holding = Holding::fails;
  } else {
    evaluation.holding = any(Holding::open) ? Holding::open : Holding::holds;
  }
}

Evaluation Evaluator::evaluate(const Settings& settings) {
  Evaluation evaluation;
  std::size_t seeds = 1;
  while (evaluation.holding == Holding::open && seeds <= plan_.most_replicates) {
    add_seeds(settings, evaluation, seeds);
    if (!evaluation.failure.empty()) {
      evaluation.holding = Holding::fails;
      return evaluation;
    }
    judge(evaluation);
    seeds = std::max<std::size_t>(plan_.replicates, evaluation.summaries.size() + 1);
  }
  return evaluation;
}

std::string Evaluator::run_once(const Settings& settings) {
  Evaluation evaluation;
  add_seeds(settings, evaluation, 1);
  if (evaluation.summaries.empty()) throw ConfigError(evaluation.failure);
  return evaluation.summaries.front();
}

}  // namespace cleave
