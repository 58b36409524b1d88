// Whether the traffic makes sense: models that are served, ranges, and an end.

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "models/units/text.h"
#include "sim/scenario/checker.h"
#include "sim/scenario/yaml_reader.h"

namespace cleave {
namespace {

/// Checks one class under its key path.
class ClassChecker {
 public:
  ClassChecker(const Checker& check, std::string path) : check_(check), path_(std::move(path)) {}

  void check(const SyntheticParams& traffic) const {
    if (!traffic.requests && !traffic.duration && !check_.scenario.until) {
      fail("", "the traffic never ends: give `requests` or `duration` here, or `until` for the whole scenario");
    }
    check_length(".input", traffic.input);
    check_length(".output", traffic.output);
    if (traffic.session) {
      check_length(".session.turns", traffic.session->turns);
      check_length(".session.new_tokens", traffic.session->new_tokens);
      check_length(".session.subagents.new_tokens", traffic.session->subagents.new_tokens);
      check_length(".session.subagents.output", traffic.session->subagents.output);
    }
    if (const auto* piecewise = std::get_if<PiecewiseArrivals>(&traffic.arrivals)) check_points(*piecewise);
  }

  void check(const TraceParams& trace) const {
    if (trace.until && *trace.until <= trace.from) {
      fail(".until", fmt::format("got {}, expected more than `from`, {}", format(*trace.until), format(trace.from)));
    }
  }

 private:
  void fail(std::string_view key, std::string_view message) const {
    check_.fail(fmt::format("{}{}", path_, key), message);
  }

  void check_length(const std::string& key, const LengthParams& length) const {
    std::visit([&](const auto& alternative) { check_range(key, alternative); }, length);
  }

  void check_range(const std::string&, const FixedLength&) const {}

  void check_range(const std::string& key, const UniformLength& length) const {
    if (length.min > length.max) fail_range(key, length.min, length.max);
  }

  void check_range(const std::string& key, const LognormalLength& length) const {
    if (length.min > length.max) fail_range(key, length.min, length.max);
  }

  void check_range(const std::string& key, const HistogramLength& length) const {
    if (length.bins.empty() == length.file.empty()) {
      fail(key, "expected `bins` or `file`, and not both");
      return;
    }
    if (length.bins.empty()) return;
    double total = 0;
    for (const auto& [tokens, weight] : length.bins) {
      total += weight;
      if (tokens < 1 || static_cast<double>(tokens) > kMostTokens) {
        fail(fmt::format("{}.bins.{}", key, tokens), "expected a length of 1 to 2147483647 tokens");
      }
    }
    if (total <= 0) fail(key + ".bins", "all weights are zero");
  }

  void fail_range(const std::string& key, Tokens min, Tokens max) const {
    fail(key + ".min", fmt::format("got {}, expected at most `max`, {}", min.value(), max.value()));
  }

  void check_points(const PiecewiseArrivals& arrivals) const {
    const auto& points = arrivals.points;
    for (std::size_t i = 1; i < points.size(); ++i) {
      if (points[i].at > points[i - 1].at) continue;
      fail(fmt::format(".arrivals.points[{}].at", i), fmt::format("got {}, expected more than the point before it, {}",
                                                                  format(points[i].at), format(points[i - 1].at)));
    }
    if (std::all_of(points.begin(), points.end(), [](const RatePoint& point) { return point.rate.value() == 0; })) {
      fail(".arrivals.points", "all rates are zero: no request would ever arrive");
    }
    if (arrivals.repeat && !points.empty() && *arrivals.repeat < points.back().at) {
      fail(".arrivals.repeat", fmt::format("got {}, expected at least the last point's time, {}",
                                           format(*arrivals.repeat), format(points.back().at)));
    }
  }

  const Checker& check_;
  std::string path_;
};

std::vector<std::string_view> served_models(const Scenario& scenario) {
  std::vector<std::string_view> models;
  for (const PoolParams& pool : scenario.pools) {
    if (std::find(models.begin(), models.end(), pool.model) == models.end()) models.push_back(pool.model);
  }
  return models;
}

}  // namespace

void check_workload(const Checker& check) {
  std::set<std::string> seen;
  const auto models = served_models(check.scenario);
  for (std::size_t i = 0; i < check.scenario.workload.classes.size(); ++i) {
    const ClassParams& traffic_class = check.scenario.workload.classes[i];
    const std::string path = fmt::format("workload.classes[{}]", i);
    if (!seen.insert(traffic_class.name).second) {
      check.fail(path + ".name",
                 fmt::format("got \"{}\", which an earlier class has; names are unique", traffic_class.name));
    }
    if (std::find(models.begin(), models.end(), traffic_class.model) == models.end()) {
      check.fail(path + ".model", fmt::format("no pool serves {}; the pools serve {}{}", traffic_class.model,
                                              listing(models), suggestion(traffic_class.model, models)));
    }
    const ClassChecker of_class(check, path + ".traffic");
    std::visit([&](const auto& traffic) { of_class.check(traffic); }, traffic_class.traffic);
  }
}

}  // namespace cleave
