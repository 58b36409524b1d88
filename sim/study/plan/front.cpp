#include "sim/study/plan/front.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "sim/study/expression/json_names.h"

namespace cleave {
namespace {

using Json = nlohmann::ordered_json;

double mean_of(const Evaluation& evaluation, const char* name) {
  double sum = 0;
  for (const std::string& text : evaluation.summaries) {
    const Json summary = Json::parse(text);
    const Json* node = find_in_json(summary, name);
    if (node != nullptr && node->is_number()) sum += node->get<double>();
  }
  return sum / static_cast<double>(evaluation.summaries.size());
}

/// Whether no other point is at least as good in both respects and better in one. Larger is better.
template <class First, class Second>
bool unbeaten(const std::vector<PlanPoint>& points, const PlanPoint& point, First first, Second second) {
  return std::none_of(points.begin(), points.end(), [&](const PlanPoint& other) {
    const bool as_good = first(other) >= first(point) && second(other) >= second(point);
    return as_good && (first(other) > first(point) || second(other) > second(point));
  });
}

}  // namespace

std::vector<PlanPoint> points_of(const PlanAnswer& answer) {
  std::vector<PlanPoint> points;
  for (std::size_t i = 0; i < answer.evaluated.size(); ++i) {
    const PlanCandidate& candidate = answer.evaluated[i];
    if (candidate.evaluation.summaries.empty() || !candidate.evaluation.failure.empty()) continue;
    const double tpot = mean_of(candidate.evaluation, "tpot_s.mean");
    PlanPoint& point = points.emplace_back();
    point.candidate = i;
    point.tokens_per_user = tpot > 0 ? 1 / tpot : 0;
    point.tokens_per_accelerator = mean_of(candidate.evaluation, "output_tokens_per_s_per_gpu");
    point.cost_per_hour = candidate.cost_per_hour;
    point.goodput = mean_of(candidate.evaluation, "goodput_req_per_s");
  }
  for (PlanPoint& point : points) {
    point.on_speed_front = unbeaten(
        points, point, [](const PlanPoint& p) { return p.tokens_per_user; },
        [](const PlanPoint& p) { return p.tokens_per_accelerator; });
    point.on_cost_front = unbeaten(
        points, point, [](const PlanPoint& p) { return -p.cost_per_hour; },
        [](const PlanPoint& p) { return p.goodput; });
  }
  return points;
}

}  // namespace cleave
