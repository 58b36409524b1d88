// Where the numbers come from and what they mean.

#include <fmt/format.h>

#include "models/units/text.h"
#include "sim/metrics/histogram.h"
#include "sim/report/html/markup.h"
#include "sim/report/html/sections.h"
#include "sim/report/html/widgets.h"
#include "sim/report/humanise.h"

namespace cleave::html {
namespace {

std::string derived_table(const RunFacts& facts) {
  if (facts.derived.empty()) return {};
  std::string out =
      "<div class=\"scroll\"><table><thead><tr><th class=\"l\">quantity</th><th class=\"l\">value</th>"
      "<th class=\"l\">from</th></tr></thead>\n<tbody>\n";
  for (const DerivedFact& fact : facts.derived) {
    out += fmt::format("<tr><th>{}</th><td class=\"l\">{}</td><td class=\"l wrap\">{}</td></tr>\n", escape(fact.name),
                       escape(fact.value), escape(fact.source));
  }
  return out + "</tbody></table></div>\n";
}

/// What happened, and what was looked for and never happened.
std::string counter_list(const RunFacts& facts) {
  std::string happened;
  std::string never;
  for (const CounterFact& counter : facts.counters) {
    const std::string name = escape(human::words(counter.name));
    if (counter.value > 0) {
      happened += fmt::format("<li>{} <b>{}</b></li>", name, human::count(static_cast<std::int64_t>(counter.value)));
    } else {
      never += (never.empty() ? "" : ", ") + name;
    }
  }
  std::string out;
  if (!happened.empty()) out += "<ul class=\"chips\">" + happened + "</ul>\n";
  if (!never.empty()) out += "<p class=\"hint after\">None of: " + never + ".</p>\n";
  return out;
}

std::string scenario_text(const RunFacts& facts) {
  if (facts.resolved_yaml.empty()) return {};
  return "<details><summary>The whole scenario, defaults included</summary>\n<pre class=\"scroll\">" +
         escape(facts.resolved_yaml) + "</pre></details>\n";
}

}  // namespace

std::string derived_section(const ReportView& view) {
  const std::string body = derived_table(view.facts) + counter_list(view.facts) + scenario_text(view.facts);
  if (body.empty()) return {};
  return section("What this rests on", "Quantities derived from the catalogue and the scenario, and counts of the run.",
                 body);
}

std::string definition_section(const ReportView& view) {
  const Window& w = view.results.measured_window;
  const std::string window = fmt::format(
      "Requests that arrived from {} to {} (warm-up {}). Rates divide by the {} until the last of their tokens, the "
      "drain at the end included.",
      human::duration(to_seconds(w.from)), human::duration(to_seconds(w.last_arrival)), format(view.results.warm_up),
      human::duration(w.seconds()));
  return fmt::format(
      "<section>\n<h2>How to read this</h2>\n<details><summary>Definitions</summary>\n<dl>\n"
      "<dt>Measured window</dt><dd>{}</dd>\n"
      "<dt>TTFT</dt><dd>First output token at the client minus arrival.</dd>\n"
      "<dt>TPOT</dt><dd>(Last token \u2212 first token) / (output tokens \u2212 1) of a request; undefined below two "
      "tokens.</dd>\n"
      "<dt>ITL</dt><dd>Every gap between consecutive tokens of every request, pooled. Percentiles within {} of the "
      "value; the mean and the largest are exact.</dd>\n"
      "<dt>Goodput</dt><dd>Requests a second that complete within every limit of their class.</dd>\n"
      "<dt>KV hit ratio</dt><dd>Prompt tokens found cached at the first admission, over all prompt tokens of the "
      "requests that reached a batch.</dd>\n"
      "<dt>Busy</dt><dd>Share of a pool's replica time spent in engine steps.</dd>\n"
      "</dl></details>\n</section>\n",
      window, human::percent(Histogram::kRelativeError));
}

}  // namespace cleave::html
