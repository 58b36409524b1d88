#pragma once
// The parts of a report's page, in the order in which they stand. Each returns HTML, or nothing when it has nothing to
// say.

#include <span>
#include <string>

#include "sim/metrics/results.h"
#include "sim/metrics/timeline.h"
#include "sim/report/run_facts.h"

namespace cleave::html {

/// Everything that a page is made of, borrowed. `pools` are names by PoolId, in the order of `facts.pools`.
struct ReportView {
  const RunFacts& facts;
  const RunResults& results;
  const Timeline& timeline;
  std::span<const std::string> pools;
};

[[nodiscard]] std::string heading(const ReportView& view);          // title, what was run, one paragraph
[[nodiscard]] std::string headline_cards(const ReportView& view);   // the numbers to remember
[[nodiscard]] std::string warning_section(const ReportView& view);  // what to know before believing them
[[nodiscard]] std::string latency_section(const ReportView& view);  // summary table and distributions
[[nodiscard]] std::string slo_section(const ReportView& view);      // goodput and attainment by class
[[nodiscard]] std::string stage_section(const ReportView& view);    // where the time of a request went
[[nodiscard]] std::string reuse_section(const ReportView& view);    // where the KV of prompts came from
[[nodiscard]] std::string pool_section(const ReportView& view);     // queue, batch and KV memory over time
[[nodiscard]] std::string network_section(const ReportView& view);  // bytes by link class
[[nodiscard]] std::string storage_section(const ReportView& view);  // tiers, by what their bytes did; the prefix index
[[nodiscard]] std::string federation_section(const ReportView& view);  // regions, sides, and what crossed between them
[[nodiscard]] std::string money_section(const ReportView& view);    // cost by pool, busy and idle
[[nodiscard]] std::string derived_section(const ReportView& view);  // derived quantities, counters, sources
[[nodiscard]] std::string definition_section(const ReportView& view);

}  // namespace cleave::html
