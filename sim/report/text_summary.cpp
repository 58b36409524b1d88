#include "sim/report/text_summary.h"

#include <fmt/format.h>

#include <optional>

#include "models/units/text.h"
#include "sim/report/costs_text.h"
#include "sim/report/economics.h"
#include "sim/report/humanise.h"
#include "sim/report/text_table.h"

namespace cleave {
namespace {

constexpr const char* kNone = "-";

std::string shown(const std::optional<double>& value, std::string (*how)(double)) {
  return value ? how(*value) : kNone;
}

void add_latency(TextTable& table, const char* name, const std::optional<Distribution>& d) {
  if (!d) return;
  table.add({name, human::duration(d->mean), human::duration(d->p50), human::duration(d->p90), human::duration(d->p95),
             human::duration(d->p99), human::duration(d->max)});
}

void write_headline(std::string& out, const RunFacts& facts, const Ink& ink) {
  out += ink.bold(facts.scenario) + ink.dim(fmt::format("  seed {}, cleave {}\n", facts.seed, facts.version));
  out += fmt::format("{} simulated, {} events, {} flows\n", human::duration(to_seconds(facts.simulated)),
                     human::count(static_cast<std::int64_t>(facts.events)),
                     human::count(static_cast<std::int64_t>(facts.flows)));
  if (facts.interrupted) out += ink.warn("interrupted: only what was finished is shown") + "\n";
}

void write_totals(std::string& out, const RunFacts& facts, const RunResults& results, const Ink& ink) {
  const Tally& all = results.whole.tally;
  const GroupResults& m = results.measured;
  const OutcomeCounts& r = all.requests;
  out += "\n" + ink.bold("requests  ") +
         fmt::format("{} offered: {} completed, {} rejected, {} failed, {} unfinished{}\n", human::count(r.arrived),
                     human::count(r.completed), human::count(r.rejected), human::count(r.failed),
                     human::count(r.unfinished),
                     r.cancelled > 0 ? fmt::format(", {} cancelled by their clients", human::count(r.cancelled)) : "");
  out += ink.bold("tokens    ") + fmt::format("{} in, {} out; {} of prompt tokens cached\n",
                                              human::count(all.tokens.input), human::count(all.tokens.output),
                                              shown(m.kv_hit_ratio, human::percent));
  const bool good = m.slo_attainment.value_or(0) >= 0.99;
  const std::string attained = shown(m.slo_attainment, human::percent);
  out += ink.bold("SLO       ") + (good ? ink.good(attained) : ink.warn(attained)) +
         fmt::format(" of offered requests met it, goodput {} req/s of {} offered\n", shown(m.goodput, human::real),
                     shown(m.offered_rate, human::real));
  out += ink.bold("rate      ") + fmt::format("{} req/s completed, {} output tokens/s",
                                              shown(m.request_throughput, human::real),
                                              shown(m.output_tokens_per_second, human::real));
  const auto accelerators = accelerators_of(facts);
  if (m.output_tokens_per_second && accelerators > 0) {
    out += fmt::format(" ({} on each of {} accelerators)",
                       human::real(*m.output_tokens_per_second / static_cast<double>(accelerators)), accelerators);
  }
  out += "\n";
  const auto cost = cost_of(facts);
  const auto per_million = cost_per_million_tokens(facts, all.tokens.output);
  if (cost && per_million) {
    out += ink.bold("cost      ") + fmt::format("{}, {} for a million output tokens\n", human::usd(cost->value()),
                                                human::usd(per_million->value()));
  }
  if (results.warm_up > Duration::zero()) {
    out +=
        ink.dim(fmt::format("          SLO, rates and latencies are of the {} requests that arrived after the "
                            "warm-up of {}\n",
                            human::count(m.tally.requests.arrived), format(results.warm_up)));
  }
}

void write_latencies(std::string& out, const GroupResults& group, const Ink& ink) {
  TextTable table({"latency", "mean", "p50", "p90", "p95", "p99", "max"}, 1);
  add_latency(table, "TTFT", group.ttft);
  add_latency(table, "TPOT", group.tpot);
  add_latency(table, "ITL", group.itl);
  add_latency(table, "E2E", group.e2e);
  add_latency(table, "queue", group.queue);
  out += "\n";
  table.write(out, ink);
  if (!group.stages) return;
  const StageMeans& s = *group.stages;
  out += ink.bold("where time went  ") + fmt::format("queue {}, prefill {}, hand-off {}, decode {}\n",
                                                     human::duration(s.queue), human::duration(s.prefill),
                                                     human::duration(s.handoff), human::duration(s.decode));
}

void write_classes(std::string& out, const RunResults& results, const Ink& ink) {
  if (results.classes.size() < 2) return;
  TextTable table({"class", "offered", "completed", "SLO met", "goodput/s", "TTFT p99", "TPOT p99", "cached"}, 1);
  for (const ClassResults& cls : results.classes) {
    const GroupResults& g = cls.measured;
    table.add({cls.name, human::count(g.tally.requests.arrived), human::count(g.tally.requests.completed),
               shown(g.slo_attainment, human::percent), shown(g.goodput, human::real),
               g.ttft ? human::duration(g.ttft->p99) : kNone, g.tpot ? human::duration(g.tpot->p99) : kNone,
               shown(g.kv_hit_ratio, human::percent)});
  }
  out += "\n";
  table.write(out, ink);
}

void write_pools(std::string& out, const RunFacts& facts, const Ink& ink) {
  if (facts.pools.empty()) return;
  TextTable table({"pool", "role", "hardware", "model", "replicas", "accel.", "busy", "cost"}, 4);
  for (const PoolFacts& pool : facts.pools) {
    const auto cost = cost_of(pool, facts.simulated);
    table.add({pool.name, pool.role, pool.hardware, pool.model, std::to_string(pool.replicas),
               std::to_string(pool.accelerators), shown(utilisation_of(pool, facts.simulated), human::percent),
               cost ? human::usd(cost->value()) : kNone});
  }
  out += "\n";
  table.write(out, ink);
}

void write_listed_costs(std::string& out, const RunFacts& facts, const Ink& ink) {
  if (!facts.costs) return;
  const ListedCosts& listed = *facts.costs;
  out += "\n" + ink.bold(fmt::format("prices of {} ({}): {}/h\n", listed.list, listed.date,
                                     human::usd(listed.costs.total_per_hour)));
  write_costs(out, listed.costs, ink);
}

void write_links(std::string& out, const RunFacts& facts, const Ink& ink) {
  if (facts.links.empty()) return;
  TextTable table({"links", "busiest", "number", "moved", "bandwidth", "peak use"}, 2);
  for (const LinkClassFacts& links : facts.links) {
    table.add({links.name, links.bottleneck.empty() ? kNone : links.bottleneck, std::to_string(links.links),
               human::bytes(links.bytes), human::bytes(links.bandwidth.value()) + "/s",
               human::percent(links.peak_utilisation)});
  }
  out += "\n";
  table.write(out, ink);
}

void write_counters(std::string& out, const RunFacts& facts, const Ink& ink) {
  std::string line;
  for (const CounterFact& counter : facts.counters) {
    if (counter.value == 0) continue;
    line += fmt::format("{}{} {}", line.empty() ? "" : ", ", human::words(counter.name),
                        human::count(static_cast<std::int64_t>(counter.value)));
  }
  if (!line.empty()) out += "\n" + ink.bold("counted   ") + line + "\n";
}

void write_warnings(std::string& out, const RunFacts& facts, const Ink& ink) {
  for (const std::string& warning : facts.warnings) out += ink.warn("note: ") + warning + "\n";
}

}  // namespace

std::string opening_text(const RunFacts& facts, bool colour) {
  const Ink ink(colour);
  std::string out;
  if (!facts.derived.empty()) {
    TextTable table({"derived", "value", "from"}, 3);
    for (const DerivedFact& fact : facts.derived) table.add({fact.name, fact.value, fact.source});
    table.write(out, ink);
  }
  write_warnings(out, facts, ink);
  return out;
}

std::string text_summary(const RunFacts& facts, const RunResults& results, bool colour) {
  const Ink ink(colour);
  std::string out;
  write_headline(out, facts, ink);
  write_totals(out, facts, results, ink);
  write_latencies(out, results.measured, ink);
  write_classes(out, results, ink);
  write_pools(out, facts, ink);
  write_listed_costs(out, facts, ink);
  write_links(out, facts, ink);
  write_counters(out, facts, ink);
  if (!facts.warnings.empty()) out += "\n";
  write_warnings(out, facts, ink);
  return out;
}

}  // namespace cleave
