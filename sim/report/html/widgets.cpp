#include "sim/report/html/widgets.h"

#include <fmt/format.h>

#include <algorithm>

#include "sim/report/html/markup.h"

namespace cleave::html {

std::string bar(const std::vector<BarPart>& parts, bool thick) {
  std::string out = thick ? R"(<div class="bar thick">)" : R"(<div class="bar">)";
  for (const BarPart& part : parts) {
    if (part.share <= 0) continue;
    out += fmt::format(R"(<i class="b{}" style="width:{:.2f}%" title="{}"></i>)", part.colour,
                       100 * std::min(part.share, 1.0), escape(part.title));
  }
  return out + "</div>";
}

std::string legend(const std::vector<LegendEntry>& entries) {
  std::string out = "<ul class=\"legend\">";
  for (const LegendEntry& entry : entries) {
    out += fmt::format(R"(<li><i class="b{}"></i>{}{}</li>)", entry.colour, escape(entry.name),
                       entry.value.empty() ? "" : " <b>" + escape(entry.value) + "</b>");
  }
  return out + "</ul>\n";
}

std::string bar_row(std::string_view label, const std::string& bar, std::string_view number) {
  return fmt::format("<div class=\"row\"><span>{}</span>{}<span>{}</span></div>\n", escape(label), bar, escape(number));
}

std::string section(std::string_view title, std::string_view hint, const std::string& body) {
  const std::string subtitle = hint.empty() ? "" : fmt::format("<p class=\"hint\">{}</p>\n", escape(hint));
  return fmt::format("<section>\n<h2>{}</h2>\n{}{}</section>\n", escape(title), subtitle, body);
}

std::string shown(const std::optional<double>& value, std::string (*how)(double)) {
  return value ? how(*value) : "\u2013";
}

const char* verdict_of(double attainment) {
  return attainment >= 0.99 ? "good" : attainment >= 0.9 ? "fair" : "bad";
}

}  // namespace cleave::html
