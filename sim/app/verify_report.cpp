#include "sim/app/verify_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "sim/app/terminal.h"

namespace cleave {
namespace {

struct Totals {
  std::size_t passed = 0;
  std::size_t failed = 0;
  std::size_t skipped = 0;
};

Totals count(const std::vector<VerifyCase>& cases) {
  Totals totals;
  for (const VerifyCase& verify : cases) {
    if (!verify.missing.empty()) {
      ++totals.skipped;
    } else {
      ++(verify.passed() ? totals.passed : totals.failed);
    }
  }
  return totals;
}

std::string shown(const std::optional<double>& value) {
  return value ? fmt::format("{:.6g}", *value) : "no number";
}

nlohmann::ordered_json check_to_json(const Expectation& check, const Judgement& verdict) {
  return {{"what", check.what},
          {"path", check.path},
          {"expected", to_text(check)},
          {"source", check.source},
          {"simulated", verdict.simulated ? nlohmann::ordered_json(*verdict.simulated) : nlohmann::ordered_json()},
          {"pass", verdict.pass}};
}

const char* status_of(const VerifyCase& verify) {
  if (!verify.missing.empty()) return "skipped";
  return verify.passed() ? "pass" : "fail";
}

}  // namespace

bool VerifyCase::passed() const {
  return failure.empty() && missing.empty() &&
         std::all_of(verdicts.begin(), verdicts.end(), [](const Judgement& verdict) { return verdict.pass; });
}

void print_case(const VerifyCase& verify) {
  fmt::print("{}\n", verify.scenario);
  for (const std::string& file : verify.missing) {
    fmt::print("  {}  {} is not here\n", painted("SKIPPED", Colour::yellow), file);
  }
  if (!verify.failure.empty()) fmt::print("  {}  did not run: {}\n", painted("FAIL", Colour::red), verify.failure);
  for (std::size_t i = 0; i < verify.verdicts.size(); ++i) {
    const Expectation& check = verify.expected.checks[i];
    const Judgement& verdict = verify.verdicts[i];
    fmt::print("  {}  {} {}: simulated {}, expected {}\n        source: {}\n",
               verdict.pass ? painted("PASS", Colour::green) : painted("FAIL", Colour::red), check.path, check.what,
               shown(verdict.simulated), to_text(check), check.source);
  }
}

void print_totals(const std::vector<VerifyCase>& cases) {
  const Totals totals = count(cases);
  fmt::print("{} scenarios passed, {} failed, {} skipped\n", totals.passed, totals.failed, totals.skipped);
}

nlohmann::ordered_json to_json(const std::vector<VerifyCase>& cases) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const VerifyCase& verify : cases) {
    nlohmann::ordered_json checks = nlohmann::ordered_json::array();
    for (std::size_t i = 0; i < verify.verdicts.size(); ++i) {
      checks.push_back(check_to_json(verify.expected.checks[i], verify.verdicts[i]));
    }
    list.push_back({{"scenario", verify.scenario},
                    {"status", status_of(verify)},
                    {"missing", verify.missing},
                    {"failure", verify.failure},
                    {"checks", checks}});
  }
  const Totals totals = count(cases);
  return {{"passed", totals.passed}, {"failed", totals.failed}, {"skipped", totals.skipped}, {"scenarios", list}};
}

ExitCode outcome_of(const std::vector<VerifyCase>& cases) {
  const Totals totals = count(cases);
  if (totals.failed > 0) return ExitCode::gate_failed;
  return totals.passed > 0 ? ExitCode::ok : ExitCode::inconclusive;
}

}  // namespace cleave
