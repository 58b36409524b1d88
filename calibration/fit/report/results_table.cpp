#include "calibration/fit/report/results_table.h"

#include <fmt/format.h>

#include <algorithm>

namespace cleave::fit {
namespace {

constexpr std::string_view kHead =
    "# Errors of calibration\n\n"
    "Written by `cleave calibrate --evaluate --table`; not edited by hand. [calibration.md](calibration.md) says what "
    "is\n"
    "held out, how, and why some cells miss. Each pair is the mean absolute percentage error and the 95th percentile;\n"
    "bias is that of the summed times, percent. Interpolation: local kriging of the logarithm of time over the "
    "logarithms\n"
    "of a kernel's axes, without any form.\n\n"
    "## All devices together\n\n"
    "| Family | Held out | Rows | Target | Reached | Bias | | Form alone | Roofline | Interpolation |\n"
    "|---|---|--:|--:|--:|--:|---|--:|--:|--:|\n";

std::string pair_text(const ErrorSummary& errors) {
  return errors.rows == 0 ? "" : fmt::format("{:.1f} / {:.1f}", errors.mean, errors.p95);
}

std::string target_text(const RegionResult& r) {
  if (!r.has_target()) return "";
  std::string text = fmt::format("{:g}", r.target_mean);
  if (r.target_p95 > 0) text += fmt::format(" / {:g}", r.target_p95);
  if (r.target_bias > 0) text += fmt::format(", bias {:g}", r.target_bias);
  return text;
}

std::string verdict(const RegionResult& r) {
  if (!r.has_target()) return "";
  return r.met() ? "met" : "**missed**";
}

void add_cell(std::string& out, const RegionResult& r) {
  out += fmt::format("| {} | {} | {} | {} | {} | {:+.1f} | {} | {} | {} | {} |\n", r.family, r.region, r.fitted().rows,
                     target_text(r), pair_text(r.errors[0]), r.fitted().bias, verdict(r), pair_text(r.errors[1]),
                     pair_text(r.errors[2]), pair_text(r.errors[3]));
}

void add_devices(std::string& out, const std::vector<RegionResult>& results) {
  out +=
      "\n## Device by device\n\n| Family | Held out | Device | Rows | Reached | Bias | | Target "
      "|\n|---|---|---|--:|--:|--:|---|--:|\n";
  for (const RegionResult& r : results) {
    if (r.device == "all") continue;
    const std::string device = r.source.empty() ? r.device : fmt::format("{}, most from {}", r.device, r.source);
    out += fmt::format("| {} | {} | {} | {} | {} | {:+.1f} | {} | {} |\n", r.family, r.region, device, r.fitted().rows,
                       pair_text(r.errors[0]), r.fitted().bias, verdict(r), target_text(r));
  }
}

void add_laws(std::string& out, const std::vector<LawResult>& laws) {
  if (laws.empty()) return;
  out +=
      "\n## Laws of the fitted forms, residual 1\n\nMeasured pairs are neighbours along the first axis, all else "
      "equal; "
      "a fall breaks the law in the measurements themselves.\n\n"
      "| Family | Device | Law | Shapes tried | Form broke it | Measured pairs | Fall | By more than a tenth |\n"
      "|---|---|---|--:|--:|--:|--:|--:|\n";
  for (const LawResult& law : laws) {
    out += fmt::format("| {} | {} | {} | {} | {} | {} | {} | {} |\n", law.family->name, law.device, law.law,
                       law.checked, law.broken, law.pairs, law.falls, law.clear_falls);
  }
}

}  // namespace

std::string results_table(const RunResult& result) {
  std::string out(kHead);
  for (const RegionResult& region : result.regions) {
    if (region.device == "all") add_cell(out, region);
  }
  add_devices(out, result.regions);
  add_laws(out, result.laws);
  return out;
}

}  // namespace cleave::fit
