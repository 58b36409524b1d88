#include "calibration/fit/report/results_json.h"

#include <cmath>
#include <nlohmann/json.hpp>

namespace cleave::fit {
namespace {

using Json = nlohmann::ordered_json;

/// Thousandths of a percent say nothing.
double rounded(double percent) {
  return std::round(percent * 1000) / 1000;
}

Json to_json(const ErrorSummary& errors) {
  if (errors.rows == 0) return nullptr;
  return {{"mape_percent", rounded(errors.mean)},
          {"p95_percent", rounded(errors.p95)},
          {"bias_percent", rounded(errors.bias)}};
}

Json or_null(double target) {
  return target > 0 ? Json(target) : Json(nullptr);
}

Json to_json(const RegionResult& r) {
  Json json = {{"family", r.family}, {"region", r.region}, {"device", r.device}, {"rows", r.fitted().rows}};
  if (!r.source.empty()) json["nearest_known_device"] = r.source;
  json["fit"] = to_json(r.errors[static_cast<std::size_t>(Method::form_and_residual)]);
  json["form_alone"] = to_json(r.errors[static_cast<std::size_t>(Method::form)]);
  json["roofline"] = to_json(r.errors[static_cast<std::size_t>(Method::roofline)]);
  json["interpolation"] = to_json(r.errors[static_cast<std::size_t>(Method::interpolation)]);
  json["target_mape_percent"] = or_null(r.target_mean);
  json["target_p95_percent"] = or_null(r.target_p95);
  json["target_bias_percent"] = or_null(r.target_bias);
  json["met"] = r.has_target() ? Json(r.met()) : Json(nullptr);
  return json;
}

Json to_json(const LawResult& l) {
  return {{"family", l.family->name},
          {"device", l.device},
          {"law", l.law},
          {"checked", l.checked},
          {"form_broke_it", l.broken},
          {"measured_pairs", l.pairs},
          {"measured_falls", l.falls},
          {"measured_falls_over_a_tenth", l.clear_falls}};
}

}  // namespace

std::string results_json(const RunResult& result) {
  Json json = {{"regions", Json::array()}, {"laws", Json::array()}, {"left_out", result.left_out}};
  for (const RegionResult& region : result.regions) json["regions"].push_back(to_json(region));
  for (const LawResult& law : result.laws) json["laws"].push_back(to_json(law));
  return json.dump(2);
}

}  // namespace cleave::fit
