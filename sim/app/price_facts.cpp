#include "sim/app/price_facts.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "models/cost/device_calibration.h"
#include "models/cost/price_tally.h"
#include "sim/scenario/catalogue_fields.h"

namespace cleave {
namespace {

namespace fs = std::filesystem;

constexpr double kWorthAWarning = 0.1;  // of the step time

/// Source: Fowler, Noll, Vo; FNV-1a, as for the catalogue's other files.
std::uint64_t hash_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::uint64_t hash = 14695981039346656037ULL;
  for (std::istreambuf_iterator<char> at(in), end; at != end; ++at) {
    hash = (hash ^ static_cast<unsigned char>(*at)) * 1099511628211ULL;
  }
  return hash;
}

std::string shares_text(const PricedBy& by) {
  std::string text;
  for (std::size_t i = 0; i < by.source.size(); ++i) {
    if (by.source[i] < 0.0005) continue;
    text += fmt::format("{}{} {:.1f} %", text.empty() ? "" : ", ", to_string(static_cast<PriceSource>(i)),
                        100 * by.source[i]);
  }
  text += "; confidence";
  for (std::size_t i = 0; i < by.confidence.size(); ++i) {
    if (by.confidence[i] < 0.0005) continue;
    text += fmt::format(" {} {:.1f} %", name_of(static_cast<Confidence>(i)), 100 * by.confidence[i]);
  }
  return text;
}

void warn(RunFacts& facts, const PoolPlan& plan, const PricedBy& by, PriceSource source, const char* what) {
  const double share = by.source[static_cast<std::size_t>(source)];
  if (share < kWorthAWarning) return;
  facts.warnings.push_back(fmt::format("pool {}: {:.0f} % of the step time on {} is {}", plan.params->name, 100 * share,
                                       plan.device->name, what));
}

}  // namespace

void add_coefficient_files(RunFacts& facts, const Simulation& simulation, const Catalogue& catalogue) {
  std::vector<fs::path> files;
  for (const PoolPlan& plan : simulation.pools()) {
    for (const fs::path& file : calibration_files(catalogue.hardware_folder(), *plan.device)) files.push_back(file);
  }
  if (const auto& list = simulation.scenario().prices)
    files.push_back(catalogue.folder() / "prices" / (*list + ".yaml"));
  std::sort(files.begin(), files.end());
  files.erase(std::unique(files.begin(), files.end()), files.end());
  for (const fs::path& file : files) {
    facts.catalogue.push_back(
        {file.lexically_relative(catalogue.folder()).generic_string(), fmt::format("{:016x}", hash_of(file))});
  }
}

void add_prices(RunFacts& facts, const Simulation& simulation) {
  std::uint64_t explained = 0;
  std::uint64_t extrapolated = 0;
  for (std::size_t p = 0; p < facts.pools.size(); ++p) {
    const PoolPlan& plan = simulation.pools()[p];
    const PricedBy by = plan.prices->priced_by(facts.pools[p].busy);
    if (by.steps == 0) continue;
    explained += by.steps;
    extrapolated += by.extrapolated;
    facts.derived.push_back({plan.params->name + ": step time priced by", shares_text(by),
                             fmt::format("{} steps explained, {} of them with over a tenth beyond what was measured",
                                         by.steps, by.extrapolated)});
    warn(facts, plan, by, PriceSource::extrapolated, "priced beyond what was measured");
    warn(facts, plan, by, PriceSource::transferred, "scaled from another device's measurements");
  }
  facts.counters.push_back({"steps_explained", explained});
  facts.counters.push_back({"steps_explained_extrapolated", extrapolated});
}

}  // namespace cleave
