#include "calibration/fit/steps/step_fit.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "calibration/fit/family.h"
#include "calibration/fit/math/least_squares.h"
#include "models/cost/roofline.h"

namespace cleave::fit {
namespace {

constexpr double kGlitch = 0.3;
constexpr std::uint64_t kOneOf = 4;

struct PricedStep {
  const StepRow* row = nullptr;
  StepTerms terms;
  double roofline = 0;
};

/// A server's steps with their kernels summed, glitches left out.
struct PricedTable {
  const StepTable* table = nullptr;
  std::vector<PricedStep> steps;
};

using Priced = std::vector<const PricedTable*>;
using Choice = std::function<bool(const StepRow&)>;

double roofline_of(const StepRow& row, const StepTable& table, const DeviceSpec& device) {
  return roofline_parts(*table.model, device, table.layout, {row.prefills, row.decodes, row.decode_context}).total();
}

PricedTable price(const StepTable& table, const StepDevice& device) {
  const StepTermsOf terms(*table.model, *device.spec, table.layout, device.kernels);
  PricedTable out{&table, {}};
  for (const StepRow& row : table.rows) {
    const double roofline = roofline_of(row, table, *device.spec);
    if (!is_glitch(row, roofline)) out.steps.push_back({&row, terms(row), roofline});
  }
  return out;
}

std::vector<PricedTable> price_all(const std::vector<StepTable>& tables, const StepDevice& device) {
  std::vector<PricedTable> out;
  for (const StepTable& table : tables) out.push_back(price(table, device));
  return out;
}

/// Steps with as many tokens of each kind, over as much context, are alike.
Place place_of(const StepRow& row) {
  double tokens = 0;
  double context = 0;
  for (const PrefillChunk& chunk : row.prefills) {
    tokens += static_cast<double>(chunk.tokens.value());
    context += static_cast<double>(chunk.context.value());
  }
  return {{std::log2(1 + tokens), std::log2(1 + context), std::log2(1 + static_cast<double>(row.decodes)),
           std::log2(1 + static_cast<double>(row.decode_context.value()))},
          4};
}

/// A fit of some rows, and what interpolation alone says of them.
struct StepFit {
  std::vector<double> coefficients;
  ResidualField plain;
};

StepFit fit_rows(const Priced& tables, const Choice& choose) {
  std::vector<const StepTerms*> terms;
  std::vector<double> measured;
  std::vector<Place> places;
  std::vector<double> logs;
  for (const PricedTable* table : tables) {
    for (const PricedStep& step : table->steps) {
      if (!choose(*step.row)) continue;
      terms.push_back(&step.terms);
      measured.push_back(step.row->seconds);
      places.push_back(place_of(*step.row));
      logs.push_back(std::log(step.row->seconds));
    }
  }
  StepFit fit;
  fit.coefficients = fit_log(kStepCoefficients, measured, [&](Coefficients c, std::span<double> out) {
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = step_seconds(*terms[i], c);
  });
  fit.plain = ResidualField(std::move(places), std::move(logs), {24, 4, 0.02});
  return fit;
}

ErrorTally compare(const PricedTable& table, const StepFit& fit, const Choice& choose) {
  ErrorTally tally;
  for (const PricedStep& step : table.steps) {
    if (!choose(*step.row)) continue;
    tally.add(Method::form_and_residual, step_seconds(step.terms, fit.coefficients), step.row->seconds);
    tally.add(Method::form, step.terms.kernels, step.row->seconds);
    tally.add(Method::roofline, step.roofline, step.row->seconds);
    tally.add(Method::interpolation, std::exp(fit.plain.at(place_of(*step.row))), step.row->seconds);
  }
  return tally;
}

bool in_quarter(const StepRow& row) {
  return mixed_key({static_cast<double>(row.line), 5}) % kOneOf == 0;
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

/// Tables of the same model under other layouts.
Priced other_layouts(const std::vector<PricedTable>& tables, const StepTable& but) {
  Priced out;
  for (const PricedTable& each : tables) {
    if (each.table->model == but.model && !each.table->same_layout(but)) out.push_back(&each);
  }
  return out;
}

RegionResults real_results() {
  return {"step", "real segments", 12, 0, 5};
}
RegionResults layout_results() {
  return {"step", "unseen layout", 18, 0};
}

}  // namespace

bool is_glitch(const StepRow& row, double roofline_seconds) {
  return row.seconds < kGlitch * roofline_seconds;
}

std::vector<double> fit_steps(const std::vector<StepTable>& tables, const StepDevice& device) {
  const std::vector<PricedTable> priced = price_all(tables, device);
  Priced all;
  for (const PricedTable& table : priced) all.push_back(&table);
  return fit_rows(all, is_sweep).coefficients;
}

std::vector<RegionResult> evaluate_steps(const std::vector<StepTable>& tables, const StepDevice& device) {
  const std::vector<PricedTable> priced = price_all(tables, device);
  RegionResults sweep("step", "sweep", 10, 0);
  RegionResults real = real_results();
  RegionResults layouts = layout_results();
  const Choice seen = [](const StepRow& row) { return is_sweep(row) && !in_quarter(row); };
  const Choice unseen = [](const StepRow& row) { return is_sweep(row) && in_quarter(row); };
  for (const PricedTable& each : priced) {
    const std::string& name = each.table->folder;
    sweep.add(name, compare(each, fit_rows({&each}, seen), unseen));
    real.add(name, compare(each, fit_rows({&each}, is_sweep), is_real));
    const Priced others = other_layouts(priced, *each.table);
    if (!others.empty()) layouts.add(name, compare(each, fit_rows(others, is_sweep), any));
  }
  std::vector<RegionResult> out;
  for (const RegionResults* region : {&sweep, &real, &layouts}) region->append_to(out);
  return out;
}

std::vector<RegionResult> evaluate_steps_on(const std::vector<StepTable>& known, const std::vector<StepTable>& test,
                                            const StepDevice& device) {
  const std::vector<PricedTable> known_steps = price_all(known, device);
  RegionResults real = real_results();
  RegionResults layouts = layout_results();
  RegionResults models("step", "unseen model", 0, 0);
  for (const StepTable& table : test) {
    const PricedTable priced = price(table, device);
    Priced same;
    Priced all;
    for (const PricedTable& each : known_steps) {
      all.push_back(&each);
      if (each.table->model == table.model && each.table->same_layout(table)) same.push_back(&each);
    }
    const Priced others = other_layouts(known_steps, table);
    if (!same.empty()) {
      real.add(table.folder, compare(priced, fit_rows(same, is_sweep), is_real));
    } else if (!others.empty()) {
      layouts.add(table.folder, compare(priced, fit_rows(others, is_sweep), any));
    } else if (!all.empty()) {
      models.add(table.folder, compare(priced, fit_rows(all, is_sweep), any));
    }
  }
  std::vector<RegionResult> out;
  for (const RegionResults* region : {&real, &layouts, &models}) region->append_to(out);
  return out;
}

}  // namespace cleave::fit
