#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "sim/report/economics.h"
#include "sim/report/html/markup.h"
#include "sim/report/html/sections.h"
#include "sim/report/html/widgets.h"
#include "sim/report/humanise.h"

namespace cleave::html {
namespace {

std::string chip(std::string_view name, const std::string& value) {
  return fmt::format("<li>{} <b>{}</b></li>", name, escape(value));
}

std::string card(std::string_view name, const std::string& value, std::string_view unit, const std::string& more,
                 const char* verdict = "") {
  return fmt::format(
      "<div class=\"card\"><div class=\"name\">{}</div><div class=\"value {}\">{}<small> {}</small></div>"
      "<div class=\"more\">{}</div></div>\n",
      name, verdict, escape(value), unit, escape(more));
}

std::string latency_card(std::string_view name, const std::optional<Distribution>& d) {
  if (!d) return card(name, "\u2013", "", "no completed request");
  return card(name, human::duration(d->p99), "", "median " + human::duration(d->p50));
}

bool has_slo(const RunResults& results) {
  return std::any_of(results.classes.begin(), results.classes.end(), [](const auto& c) { return c.slo.any(); });
}

/// "decode (85.0 %)": the stage in which a mean request spent most of its time.
std::string longest_stage(const StageMeans& s) {
  struct Named {
    const char* name;
    double seconds;
  };
  const std::array stages{Named{"the queue", s.queue}, Named{"prefill", s.prefill}, Named{"the KV hand-off", s.handoff},
                          Named{"decode", s.decode}};
  const auto longest = std::max_element(stages.begin(), stages.end(),
                                        [](const Named& a, const Named& b) { return a.seconds < b.seconds; });
  const double total = s.queue + s.prefill + s.handoff + s.decode;
  return fmt::format("{} ({})", longest->name, human::percent(total > 0 ? longest->seconds / total : 0));
}

std::string lead(const ReportView& view) {
  const GroupResults& m = view.results.measured;
  if (!m.slo_attainment) return "No request arrived in the measured window.";
  std::string text = fmt::format("{} of {} offered requests {}", human::percent(*m.slo_attainment),
                                 human::count(m.tally.requests.arrived),
                                 has_slo(view.results) ? "met their SLO" : "completed (no SLO was given)");
  if (m.goodput) text += fmt::format(", a goodput of {} requests a second", human::real(*m.goodput));
  const auto cost = cost_per_million_tokens(view.facts, view.results.whole.tally.tokens.output);
  if (cost) text += fmt::format(", at {} for a million output tokens", human::usd(cost->value()));
  text += ".";
  if (m.stages) text += fmt::format(" A mean request spent most of its time in {}.", longest_stage(*m.stages));
  const auto& links = view.facts.links;
  const auto busiest = std::max_element(
      links.begin(), links.end(), [](const auto& a, const auto& b) { return a.peak_utilisation < b.peak_utilisation; });
  if (busiest != links.end() && busiest->peak_utilisation > 0) {
    text += fmt::format(" The busiest link, {}, peaked at {} of its bandwidth.", busiest->bottleneck,
                        human::percent(busiest->peak_utilisation));
  }
  return text;
}

std::string cost_card(const ReportView& view) {
  const auto total = cost_of(view.facts);
  const auto per_million = cost_per_million_tokens(view.facts, view.results.whole.tally.tokens.output);
  if (!total) return card("Cost", "\u2013", "", "a pool has no price");
  return card("Cost", per_million ? human::usd(per_million->value()) : "\u2013", "per Mtok out",
              human::usd(total->value()) + " for the run");
}

std::string throughput_card(const ReportView& view) {
  const auto& rate = view.results.measured.output_tokens_per_second;
  const auto accelerators = accelerators_of(view.facts);
  std::string more;
  if (rate && accelerators > 0) {
    more = fmt::format("{} on each of {} accelerators", human::real(*rate / static_cast<double>(accelerators)),
                       human::count(static_cast<std::int64_t>(accelerators)));
  }
  return card("Output", shown(rate, human::real), "tokens/s", more);
}

}  // namespace

std::string heading(const ReportView& view) {
  const RunFacts& f = view.facts;
  std::string out = fmt::format("<h1>{}</h1>\n", escape(f.scenario));
  if (!f.description.empty()) out += fmt::format("<p class=\"about\">{}</p>\n", escape(f.description));
  out += "<ul class=\"chips\">";
  out += chip("simulated", human::duration(to_seconds(f.simulated)));
  out += chip("accelerators", human::count(static_cast<std::int64_t>(accelerators_of(f))));
  out += chip("events", human::count(static_cast<std::int64_t>(f.events)));
  out += chip("flows", human::count(static_cast<std::int64_t>(f.flows)));
  out += chip("seed", std::to_string(f.seed));
  out += chip("cleave", f.version);
  return out + fmt::format("</ul>\n<p class=\"lead\">{}</p>\n", escape(lead(view)));
}

std::string headline_cards(const ReportView& view) {
  const GroupResults& m = view.results.measured;
  const OutcomeCounts& r = m.tally.requests;
  std::string out = "<div class=\"cards\">\n";
  out += card("SLO attainment", shown(m.slo_attainment, human::percent), "",
              fmt::format("{} of {} requests", human::count(m.tally.met_slo), human::count(r.arrived)),
              m.slo_attainment ? verdict_of(*m.slo_attainment) : "");
  out += card("Goodput", shown(m.goodput, human::real), "req/s", shown(m.offered_rate, human::real) + " req/s offered");
  out += latency_card("TTFT, p99", m.ttft);
  out += latency_card("TPOT, p99", m.tpot);
  out += throughput_card(view);
  out += card("KV hit ratio", shown(m.kv_hit_ratio, human::percent), "of prompt tokens",
              human::count(m.tally.tokens.hit_prompt_kv + m.tally.tokens.hit_decode_kv) + " tokens reused");
  out += cost_card(view);
  out += card("Requests", human::count(r.completed), "completed",
              fmt::format("{} rejected, {} failed, {} unfinished{}", human::count(r.rejected), human::count(r.failed),
                          human::count(r.unfinished),
                          r.cancelled > 0 ? fmt::format(", {} cancelled", human::count(r.cancelled)) : ""));
  return out + "</div>\n";
}

std::string warning_section(const ReportView& view) {
  std::string items;
  if (view.facts.interrupted) {
    items += "<li><b>The run was interrupted.</b> Only what had finished by then is shown.</li>\n";
  }
  for (const std::string& warning : view.facts.warnings) items += "<li>" + escape(warning) + "</li>\n";
  if (items.empty()) return {};
  return "<section class=\"notice\">\n<h2>Before you rely on this</h2>\n<ul>\n" + items + "</ul>\n</section>\n";
}

}  // namespace cleave::html
