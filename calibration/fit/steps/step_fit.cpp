#include "calibration/fit/steps/step_fit.h"

#include <functional>

#include "calibration/fit/family.h"
#include "calibration/fit/math/least_squares.h"
#include "models/cost/roofline.h"

namespace cleave::fit {
namespace {

constexpr double kGlitch = 0.3;
constexpr std::uint64_t kOneOf = 4;

using Choice = std::function<bool(const StepRow&)>;

bool in_quarter(const StepRow& row) {
  return mixed_key({static_cast<double>(row.line), 5}) % kOneOf == 0;
}

/// Rows of one table that `choose` takes, glitches left out.
void for_rows(const StepTable& table, const DeviceSpec& device, const Choice& choose,
              const std::function<void(const StepRow&, const StepWork&)>& take) {
  for (const StepRow& row : table.rows) {
    if (!choose(row)) continue;
    const StepWork work = step_work(row, *table.model, device, table.tensor_ranks);
    if (!is_glitch(row, work)) take(row, work);
  }
}

std::vector<double> fit_rows(const std::vector<const StepTable*>& tables, const DeviceSpec& device,
                             const Choice& choose) {
  std::vector<double> rows;
  std::vector<double> measured;
  for (const StepTable* table : tables) {
    for_rows(*table, device, choose, [&](const StepRow& row, const StepWork& work) {
      const auto terms = step_terms(work);
      rows.insert(rows.end(), terms.begin(), terms.end());
      measured.push_back(row.seconds);
    });
  }
  return fit_non_negative(rows, step::kCoefficients.size(), measured);
}

ErrorTally compare(const StepTable& table, const DeviceSpec& device, Coefficients c, const Choice& choose) {
  ErrorTally tally;
  for_rows(table, device, choose, [&](const StepRow& row, const StepWork& work) {
    tally.add(Method::form_and_residual, step_seconds(work, c), row.seconds);
    tally.add(Method::roofline, work.kernels + work.scans, row.seconds);
  });
  return tally;
}

bool is_sweep(const StepRow& row) {
  return !row.real;
}

bool is_real(const StepRow& row) {
  return row.real;
}

bool any(const StepRow&) {
  return true;
}

/// Tables of the same model with other numbers of ranks.
std::vector<const StepTable*> other_ranks(const std::vector<StepTable>& tables, const StepTable& but) {
  std::vector<const StepTable*> out;
  for (const StepTable& table : tables) {
    if (table.model == but.model && table.tensor_ranks != but.tensor_ranks) out.push_back(&table);
  }
  return out;
}

RegionResults sweep_results() {
  return {"step", "sweep", 10, 0};
}
RegionResults real_results() {
  return {"step", "real segments", 12, 0, 5};
}
RegionResults ranks_results() {
  return {"step", "unseen rank count", 18, 0};
}

}  // namespace

StepWork step_work(const StepRow& row, const LlmSpec& model, const DeviceSpec& device, std::uint32_t tensor_ranks) {
  ReplicaLayout layout;
  layout.tp = tensor_ranks;
  const StepParts all = roofline_parts(model, device, layout, {row.prefills, row.decodes, row.decode_context});
  const StepParts decodes = roofline_parts(model, device, layout, {{}, row.decodes, row.decode_context});
  StepWork work;
  work.scans = decodes.attention;
  work.kernels = all.total() - all.overhead - work.scans;
  work.spread = row.context_spread;
  work.tokens = row.tokens();
  return work;
}

std::vector<double> fit_steps(const std::vector<const StepTable*>& tables, const DeviceSpec& device) {
  return fit_rows(tables, device, is_sweep);
}

bool is_glitch(const StepRow& row, const StepWork& work) {
  return row.seconds < kGlitch * (work.kernels + work.scans);
}

std::vector<RegionResult> evaluate_steps(const std::vector<StepTable>& tables, const DeviceSpec& device) {
  RegionResults sweep = sweep_results();
  RegionResults real = real_results();
  RegionResults ranks = ranks_results();
  const Choice seen = [](const StepRow& row) { return is_sweep(row) && !in_quarter(row); };
  const Choice unseen = [](const StepRow& row) { return is_sweep(row) && in_quarter(row); };
  for (const StepTable& table : tables) {
    sweep.add(table.folder, compare(table, device, fit_rows({&table}, device, seen), unseen));
    real.add(table.folder, compare(table, device, fit_rows({&table}, device, is_sweep), is_real));
    const auto others = other_ranks(tables, table);
    if (!others.empty()) ranks.add(table.folder, compare(table, device, fit_rows(others, device, is_sweep), any));
  }
  std::vector<RegionResult> out;
  for (const RegionResults* region : {&sweep, &real, &ranks}) region->append_to(out);
  return out;
}

std::vector<RegionResult> evaluate_steps_on(const std::vector<StepTable>& known, const std::vector<StepTable>& test,
                                            const DeviceSpec& device) {
  RegionResults real = real_results();
  RegionResults ranks = ranks_results();
  for (const StepTable& table : test) {
    std::vector<const StepTable*> same;
    for (const StepTable& candidate : known) {
      if (candidate.model == table.model && candidate.tensor_ranks == table.tensor_ranks) same.push_back(&candidate);
    }
    if (!same.empty()) {
      real.add(table.folder, compare(table, device, fit_steps(same, device), is_real));
      continue;
    }
    const auto others = other_ranks(known, table);
    if (!others.empty()) ranks.add(table.folder, compare(table, device, fit_steps(others, device), any));
  }
  std::vector<RegionResult> out;
  real.append_to(out);
  ranks.append_to(out);
  return out;
}

}  // namespace cleave::fit
