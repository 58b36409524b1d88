#include "calibration/fit/report/results_text.h"

#include <fmt/format.h>

#include <map>

namespace cleave::fit {
namespace {

std::string pair_text(const ErrorSummary& errors) {
  if (errors.rows == 0) return "-";
  return fmt::format("{:.1f} / {:.1f}", errors.mean, errors.p95);
}

std::string target_text(const RegionResult& region) {
  if (!region.has_target()) return "-";
  std::string text = fmt::format("{:g}", region.target_mean);
  if (region.target_p95 > 0) text += fmt::format(" / {:g}", region.target_p95);
  if (region.target_bias > 0) text += fmt::format(", bias {:g}", region.target_bias);
  return text;
}

std::string verdict(const RegionResult& region) {
  if (!region.has_target()) return "";
  return region.met() ? "met" : "missed";
}

std::string where(const RegionResult& region) {
  return region.source.empty() ? region.device : fmt::format("{} from {}", region.device, region.source);
}

void add_region(std::string& out, const RegionResult& r) {
  out += fmt::format("{:<18} {:<19} {:<32} {:>7} {:>14} {:>6.1f} {:>14} {:>14} {:>14}  {:<12} {}\n", r.family, r.region,
                     where(r), r.fitted().rows, pair_text(r.errors[0]), r.fitted().bias, pair_text(r.errors[1]),
                     pair_text(r.errors[2]), pair_text(r.errors[3]), target_text(r), verdict(r));
}

void add_laws(std::string& out, const std::vector<LawResult>& laws) {
  if (laws.empty()) return;
  out += "\nLaws of the fitted forms (residual 1), over all devices; measured neighbours that break them are counted\n";
  std::map<std::pair<std::string_view, std::string>, LawResult> sums;
  for (const LawResult& law : laws) {
    LawResult& sum = sums[{law.family->name, law.law}];
    sum.checked += law.checked;
    sum.broken += law.broken;
    sum.pairs += law.pairs;
    sum.falls += law.falls;
    sum.clear_falls += law.clear_falls;
  }
  for (const auto& [key, sum] : sums) {
    out += fmt::format("{:<18} {:<37} form broke it {} of {} times", key.first, key.second, sum.broken, sum.checked);
    if (sum.pairs > 0) {
      out += fmt::format("; measured: {} of {} pairs fall, {} by more than a tenth", sum.falls, sum.pairs,
                         sum.clear_falls);
    }
    out += '\n';
  }
}

}  // namespace

std::string results_text(const RunResult& result, bool details) {
  std::string out =
      "Errors on rows that the fit did not see: mean absolute percentage / 95th percentile; bias of the summed times\n";
  out += fmt::format("{:<18} {:<19} {:<32} {:>7} {:>14} {:>6} {:>14} {:>14} {:>14}  {:<12}\n", "family", "region",
                     "device", "rows", "fit", "bias", "form alone", "roofline", "interpolation", "target");
  std::size_t stated = 0;
  std::size_t reached = 0;
  for (const RegionResult& region : result.regions) {
    const bool all = region.device == "all";
    if (!all && !details) continue;
    add_region(out, region);
    if (!all || !region.has_target()) continue;
    ++stated;
    if (region.met()) ++reached;
  }
  out += fmt::format("{} of {} targets met\n", reached, stated);
  add_laws(out, result.laws);
  for (const std::string& note : result.left_out) out += fmt::format("left out: {}\n", note);
  return out;
}

}  // namespace cleave::fit
