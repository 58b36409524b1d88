#include "sim/report/report_html.h"

#include <fmt/format.h>

#include "sim/report/html/markup.h"
#include "sim/report/html/page_style.h"

namespace cleave {

std::string report_html(const html::ReportView& view) {
  std::string out = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n<title>{} \u2013 cleave</title>\n"
      "<style>{}</style>\n</head>\n<body>\n<main>\n",
      html::escape(view.facts.scenario), html::kPageStyle);
  out += heading(view);
  out += warning_section(view);
  out += headline_cards(view);
  out += slo_section(view);
  out += latency_section(view);
  out += stage_section(view);
  out += pool_section(view);
  out += network_section(view);
  out += reuse_section(view);
  out += storage_section(view);
  out += federation_section(view);
  out += money_section(view);
  out += derived_section(view);
  out += definition_section(view);
  out += fmt::format("<footer>Written by cleave {} from the scenario and seed in manifest.json.</footer>\n",
                     html::escape(view.facts.version));
  return out + "</main>\n</body>\n</html>\n";
}

}  // namespace cleave
