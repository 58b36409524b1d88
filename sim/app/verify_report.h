#pragma once
// What `cleave verify` found, for people and for programs.

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "sim/app/exit_code.h"
#include "sim/app/expectation.h"

namespace cleave {

/// One scenario and what became of it.
/// Shape: `verdicts` has one entry a check, or none when the scenario was skipped or failed to run.
struct VerifyCase {
  std::string scenario;
  ExpectationFile expected;
  std::vector<std::string> missing;  // inputs that are absent: skipped
  std::string failure;               // why it could not run
  std::vector<Judgement> verdicts;

  [[nodiscard]] bool passed() const;
};

void print_case(const VerifyCase& verify);
void print_totals(const std::vector<VerifyCase>& cases);
[[nodiscard]] nlohmann::ordered_json to_json(const std::vector<VerifyCase>& cases);

/// `gate_failed` if any case failed; `inconclusive` if none ran; else `ok`.
[[nodiscard]] ExitCode outcome_of(const std::vector<VerifyCase>& cases);

}  // namespace cleave
