#include <fmt/format.h>

#include <charconv>

#include "models/units/error.h"
#include "sim/scenario/yaml_parser.h"
#include "sim/study/check/check.h"
#include "sim/study/check/describe_check.h"
#include "sim/study/expression/expression.h"

namespace cleave {
namespace {

namespace fs = std::filesystem;

void make_absolute(std::string& path, const fs::path& folder) {
  if (!path.empty() && fs::path(path).is_relative()) path = (folder / path).lexically_normal().string();
}

}  // namespace

CheckParams load_check(const fs::path& path) {
  Diagnostics diagnostics;
  const auto tree = parse_yaml_file(path, diagnostics);
  if (!tree) diagnostics.throw_if_any();
  CheckParams check;
  read_document(*tree, check, diagnostics);
  for (std::size_t i = 0; i < check.metrics.size(); ++i) {
    try {
      (void)gated(check.metrics[i]);
    } catch (const ConfigError& error) {
      const std::string key = fmt::format("metrics[{}].margin", i);
      diagnostics.add(position_of(*tree, key), key, error.what());
    }
  }
  if (!check.head_scenarios.empty() && check.head_scenarios.size() != check.scenarios.size()) {
    diagnostics.add(position_of(*tree, "head_scenarios"), "head_scenarios", "expected as many as scenarios");
  }
  diagnostics.throw_if_any();
  if (check.name.empty()) check.name = path.stem().string();
  if (check.metrics.empty()) check.metrics = default_metrics();
  for (auto* list : {&check.scenarios, &check.head_scenarios}) {
    for (std::string& scenario : *list) make_absolute(scenario, path.parent_path());
  }
  for (SideParams* side : {&check.base, &check.head}) {
    make_absolute(side->program, path.parent_path());
    make_absolute(side->baseline, path.parent_path());
  }
  return check;
}

std::vector<MetricParams> default_metrics() {
  return {{"ttft_s.mean", Better::lower, "1 %"},        {"ttft_s.p99", Better::lower, "2 %"},
          {"tpot_s.mean", Better::lower, "1 %"},        {"tpot_s.p99", Better::lower, "2 %"},
          {"e2e_s.mean", Better::lower, "1 %"},         {"slo_attainment", Better::higher, "0.005"},
          {"goodput_req_per_s", Better::higher, "1 %"}, {"cost_usd_per_mtok_output", Better::lower, "1 %"}};
}

GatedMetric gated(const MetricParams& params) {
  GatedMetric metric{params.metric, params.better, {}};
  std::string_view text = params.margin;
  const bool share = text.ends_with('%');
  if (share) text.remove_suffix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool plain = error == std::errc{} && end == text.data() + text.size() && number >= 0;
  if (plain) {
    metric.margin = {share ? number / 100 : number, !share};
    return metric;
  }
  const ExpressionValue value = value_of_text(text);
  if (!share && std::holds_alternative<double>(value)) {
    metric.margin = {std::get<double>(value), true};
    return metric;
  }
  throw ConfigError(
      fmt::format("got \"{}\", expected a share such as \"2 %\" or an amount such as \"5 ms\" or 0.01", params.margin));
}

}  // namespace cleave
