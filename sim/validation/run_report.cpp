#include "sim/validation/run_report.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "sim/validation/statistics.h"

namespace cleave {
namespace {

using Json = nlohmann::ordered_json;

Json optional_number(const std::optional<double>& value) {
  return value ? Json(*value) : Json();
}

std::optional<double> number_in(const Json& json, const char* key) {
  const auto at = json.find(key);
  if (at == json.end() || at->is_null()) return std::nullopt;
  return at->get<double>();
}

const char* name_of(ReportStatus status) {
  switch (status) {
    case ReportStatus::compared:
      return "compared";
    case ReportStatus::skipped:
      return "skipped";
    case ReportStatus::failed:
      return "failed";
  }
  return "failed";
}

ReportStatus status_named(const std::string& name) {
  if (name == "compared") return ReportStatus::compared;
  return name == "skipped" ? ReportStatus::skipped : ReportStatus::failed;
}

Json json_of(const Comparison& c) {
  return {{"name", c.name},
          {"unit", c.unit},
          {"measured", c.measured},
          {"simulated", c.simulated},
          {"error", c.error()},
          {"in_points", c.in_points},
          {"limit", optional_number(c.limit)},
          {"goal", optional_number(c.goal)},
          {"pass", c.limit ? Json(c.within_limit()) : Json()}};
}

Json json_of(const ErrorSpread& s) {
  return {{"name", s.name}, {"count", s.count}, {"p5", s.p5},   {"p25", s.p25},
          {"p50", s.p50},   {"p75", s.p75},     {"p95", s.p95}, {"mean_absolute", s.mean_absolute}};
}

Json json_of(const SeriesComparison& s) {
  return {{"name", s.name},
          {"mean_absolute_error_of_peak", s.error},
          {"limit", optional_number(s.limit)},
          {"pass", s.limit ? Json(s.error <= *s.limit) : Json()},
          {"measured", s.measured},
          {"simulated", s.simulated}};
}

}  // namespace

double Comparison::error() const {
  if (in_points) return simulated - measured;
  return measured == 0 ? 0 : (simulated - measured) / measured;
}

bool Comparison::within_limit() const {
  return !limit || std::abs(error()) <= *limit;
}

void to_json(Json& json, const RunReport& report) {
  json = Json{{"run", report.run}, {"status", name_of(report.status)}, {"why", report.why}};
  Json& facts = json["facts"] = Json::object();
  for (const auto& [key, value] : report.facts) facts[key] = value;
  Json& comparisons = json["comparisons"] = Json::array();
  for (const Comparison& comparison : report.comparisons) comparisons.push_back(json_of(comparison));
  Json& spreads = json["request_errors"] = Json::array();
  for (const ErrorSpread& spread : report.spreads) spreads.push_back(json_of(spread));
  Json& series = json["series"] = Json::array();
  for (const SeriesComparison& one : report.series) series.push_back(json_of(one));
  json["reasons"] = report.reasons;
}

void from_json(const Json& json, RunReport& report) {
  report = {};
  report.run = json.at("run");
  report.status = status_named(json.at("status"));
  report.why = json.at("why");
  for (const auto& [key, value] : json.at("facts").items()) report.facts.emplace_back(key, value);
  for (const Json& c : json.at("comparisons")) {
    report.comparisons.push_back({c.at("name"), c.at("unit"), c.at("measured"), c.at("simulated"), c.at("in_points"),
                                  number_in(c, "limit"), number_in(c, "goal")});
  }
  for (const Json& s : json.at("request_errors")) {
    report.spreads.push_back({s.at("name"), s.at("count"), s.at("p5"), s.at("p25"), s.at("p50"), s.at("p75"),
                              s.at("p95"), s.at("mean_absolute")});
  }
  for (const Json& s : json.at("series")) {
    report.series.push_back({s.at("name"), s.at("measured"), s.at("simulated"), s.at("mean_absolute_error_of_peak"),
                             number_in(s, "limit")});
  }
  report.reasons = json.at("reasons").get<std::vector<std::string>>();
}

std::optional<ErrorSpread> spread_of(std::string name, const std::vector<double>& measured,
                                     const std::vector<double>& simulated) {
  std::vector<double> errors;
  double absolute = 0;
  for (std::size_t i = 0; i < std::min(measured.size(), simulated.size()); ++i) {
    if (measured[i] == 0) continue;
    errors.push_back(simulated[i] / measured[i] - 1);
    absolute += std::abs(errors.back());
  }
  if (errors.empty()) return std::nullopt;
  const auto at = [&](int permille) { return quantile_of(errors, permille).value_or(0); };
  return ErrorSpread{std::move(name), errors.size(), at(50),  at(250),
                     at(500),         at(750),       at(950), absolute / static_cast<double>(errors.size())};
}

void compare_distributions(RunReport& report, const std::string& name, const std::vector<double>& measured,
                           const std::vector<double>& simulated, std::optional<double> limit,
                           std::optional<double> goal) {
  if (measured.empty() || simulated.empty()) return;
  const auto add = [&](const std::string& statistic, double m, double s) {
    report.comparisons.push_back({name + " " + statistic, "s", m, s, false, {}, {}});
  };
  add("mean", mean_of(measured), mean_of(simulated));
  report.comparisons.back().limit = limit;
  report.comparisons.back().goal = goal;
  for (const auto& [statistic, permille] :
       {std::pair{"p50", 500}, std::pair{"p90", 900}, std::pair{"p95", 950}, std::pair{"p99", 990}}) {
    add(statistic, quantile_of(measured, permille).value_or(0), quantile_of(simulated, permille).value_or(0));
  }
}

void compare_series(RunReport& report, std::string name, std::vector<double> measured, std::vector<double> simulated,
                    std::optional<double> limit) {
  const auto error = series_error(measured, simulated);
  if (!error) return;
  report.series.push_back({std::move(name), std::move(measured), std::move(simulated), *error, limit});
}

}  // namespace cleave
