// What requests got: their SLO, where their time went, where the KV of their prompts came from.

#include <fmt/format.h>

#include <algorithm>

#include "models/units/text.h"
#include "sim/report/html/markup.h"
#include "sim/report/html/sections.h"
#include "sim/report/html/widgets.h"
#include "sim/report/humanise.h"

namespace cleave::html {
namespace {

constexpr int kQueueColour = 1;
constexpr int kPrefillColour = 0;
constexpr int kHandoffColour = 3;
constexpr int kDecodeColour = 2;

std::string limits_text(const SloLimits& slo) {
  std::string out;
  const auto add = [&](const char* name, const std::optional<Duration>& limit) {
    if (limit) out += fmt::format("{}{} {}", out.empty() ? "" : ", ", name, format(*limit));
  };
  add("TTFT", slo.ttft);
  add("TPOT", slo.tpot);
  add("E2E", slo.e2e);
  return out.empty() ? "completion only" : out;
}

void add_slo_row(std::string& out, const std::string& name, const std::string& limits, const GroupResults& g) {
  const OutcomeCounts& r = g.tally.requests;
  const double attained = g.slo_attainment.value_or(0);
  out += fmt::format("<tr><th>{}</th><td class=\"{}\">{}</td><td class=\"meter\">{}</td><td>{}</td>", escape(name),
                     verdict_of(attained), escape(shown(g.slo_attainment, human::percent)),
                     bar({{attained, 2, "met its SLO"}}), shown(g.goodput, human::real));
  for (const std::int64_t count : {r.arrived, r.completed, r.rejected, r.failed, r.cancelled, r.unfinished}) {
    out += fmt::format("<td>{}</td>", human::count(count));
  }
  out += fmt::format("<td class=\"l\">{}</td></tr>\n", escape(limits));
}

double total_of(const StageMeans& s) {
  return s.queue + s.prefill + s.handoff + s.decode;
}

std::string stage_row(const std::string& name, const StageMeans& s, double longest) {
  const auto part = [&](const char* stage, double seconds, int colour) {
    return BarPart{longest > 0 ? seconds / longest : 0, colour, fmt::format("{} {}", stage, human::duration(seconds))};
  };
  return bar_row(name,
                 bar({part("queue", s.queue, kQueueColour), part("prefill", s.prefill, kPrefillColour),
                      part("hand-off", s.handoff, kHandoffColour), part("decode", s.decode, kDecodeColour)},
                     true),
                 human::duration(total_of(s)));
}

std::string stage_value(double seconds, double total) {
  return fmt::format("{} ({})", human::duration(seconds), human::percent(total > 0 ? seconds / total : 0));
}

}  // namespace

std::string slo_section(const ReportView& view) {
  const RunResults& results = view.results;
  if (!results.whole.slo_attainment) return {};
  std::string rows;
  for (const ClassResults& cls : results.classes) {
    add_slo_row(rows, cls.name, limits_text(cls.slo), cls.measured);
  }
  if (results.classes.size() > 1) add_slo_row(rows, "all", "", results.measured);
  if (results.warm_up > Duration::zero()) add_slo_row(rows, "full run", "", results.whole);
  return section(
      "Goodput and SLO attainment",
      "A request counts when it completed within every limit of its class; all that were offered are in the "
      "denominator. One whose client left is judged by the tokens it got.",
      "<div class=\"scroll\"><table><thead><tr><th class=\"l\">class</th><th>attainment</th>"
      "<th class=\"meter\"></th><th>goodput, req/s</th><th>offered</th><th>completed</th><th>rejected</th>"
      "<th>failed</th><th>cancelled</th><th>unfinished</th><th class=\"l\">limits</th></tr></thead>\n<tbody>\n" +
          rows + "</tbody></table></div>\n");
}

std::string stage_section(const ReportView& view) {
  const RunResults& results = view.results;
  if (!results.measured.stages) return {};
  const StageMeans& all = *results.measured.stages;
  double longest = total_of(all);
  for (const ClassResults& cls : results.classes) {
    if (cls.measured.stages) longest = std::max(longest, total_of(*cls.measured.stages));
  }
  std::string rows = "<div class=\"split\">\n" + stage_row("all requests", all, longest);
  for (const ClassResults& cls : results.classes) {
    if (results.classes.size() > 1 && cls.measured.stages) rows += stage_row(cls.name, *cls.measured.stages, longest);
  }
  const double total = total_of(all);
  rows += "</div>\n" + legend({{kQueueColour, "queue", stage_value(all.queue, total)},
                               {kPrefillColour, "prefill", stage_value(all.prefill, total)},
                               {kHandoffColour, "hand-off", stage_value(all.handoff, total)},
                               {kDecodeColour, "decode", stage_value(all.decode, total)}});
  return section("Where the time of a request went",
                 "Means over completed requests. Hand-off is what moving KV added after the prefill's end; decode "
                 "includes waiting on the decode side.",
                 rows);
}

std::string reuse_section(const ReportView& view) {
  const TokenCounts& t = view.results.whole.tally.tokens;
  if (t.input_admitted == 0) return {};
  const std::int64_t computed = t.input_admitted - t.hit_prompt_kv - t.hit_decode_kv;
  const auto share = [&](std::int64_t tokens) {
    return static_cast<double>(tokens) / static_cast<double>(t.input_admitted);
  };
  const auto value = [&](std::int64_t tokens) {
    return fmt::format("{} ({})", human::count(tokens), human::percent(share(tokens)));
  };
  std::string body = "<div class=\"split\">\n" +
                     bar_row("prompt tokens",
                             bar({{share(t.hit_prompt_kv), 2, "cached by prefill"},
                                  {share(t.hit_decode_kv), 3, "cached by decode"},
                                  {share(computed), 0, "computed"}},
                                 true),
                             human::compact(static_cast<double>(t.input_admitted))) +
                     "</div>\n";
  body += legend({{2, "cached, from earlier prefills", value(t.hit_prompt_kv)},
                  {3, "cached, from earlier decodes", value(t.hit_decode_kv)},
                  {0, "computed", value(computed)}});
  std::string after = fmt::format("{} of KV moved for requests",
                                  human::bytes(static_cast<double>(view.results.whole.tally.transferred)));
  if (t.recomputed > 0) {
    after += fmt::format("; {} tokens were computed again after preemptions and faults", human::count(t.recomputed));
  }
  return section("Where the KV of prompts came from", after + ".", body);
}

}  // namespace cleave::html
