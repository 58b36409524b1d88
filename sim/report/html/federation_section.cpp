// Regions and sides: where prompts were computed, what was asked, and what crossed.

#include <fmt/format.h>

#include "sim/report/html/markup.h"
#include "sim/report/html/sections.h"
#include "sim/report/html/widgets.h"
#include "sim/report/humanise.h"

namespace cleave::html {
namespace {

std::string link_table(const std::vector<WanLinkFacts>& links) {
  std::string rows;
  for (const WanLinkFacts& link : links) {
    rows += fmt::format("<tr><th>{} \u2192 {}</th><td>{}</td><td>{}</td><td>{}</td></tr>\n", escape(link.from),
                        escape(link.to), human::count(static_cast<std::int64_t>(link.flows)), human::bytes(link.bytes),
                        human::percent(link.peak_utilisation));
  }
  return "<div class=\"scroll\"><table><thead><tr><th>link</th><th>flows</th><th>moved</th><th>peak "
         "use</th></tr></thead><tbody>\n" +
         rows + "</tbody></table></div>\n";
}

}  // namespace

std::string federation_section(const ReportView& view) {
  const RunFacts& facts = view.facts;
  if (facts.federation.empty()) return {};
  std::string body = number_table(facts.federation);
  if (!facts.wan_links.empty()) body += link_table(facts.wan_links);
  return section("Regions and sides",
                 "Where prompts were computed, which prefixes were shipped for them, and what wide-area links carried. "
                 "A fetch is refused when the holder has no more of the prefix than the asker.",
                 body);
}

}  // namespace cleave::html
