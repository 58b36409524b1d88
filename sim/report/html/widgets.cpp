#include "sim/report/html/widgets.h"

#include <fmt/format.h>

#include <algorithm>

#include "sim/report/html/markup.h"
#include "sim/report/humanise.h"

namespace cleave::html {
namespace {

/// A figure with its unit, which its name ends in.
std::string figure(const NumberFact& number) {
  const auto ends = [&](std::string_view unit) {
    return number.name.size() > unit.size() &&
           std::string_view{number.name}.substr(number.name.size() - unit.size()) == unit;
  };
  if (ends("_bytes") || ends("_byte_seconds")) return human::bytes(number.value);
  if (ends("_usd")) return human::usd(number.value);
  if (ends("_s")) return fmt::format("{:.6g} s", number.value);
  if (ends("_ratio")) return human::percent(number.value);
  return human::count(static_cast<std::int64_t>(number.value));
}

}  // namespace

std::string number_table(const std::vector<NumberFact>& numbers) {
  std::string rows;
  for (const NumberFact& number : numbers) {
    if (number.value == 0) continue;
    rows += fmt::format("<tr><th>{}</th><td>{}</td></tr>\n", escape(human::words(number.name)), escape(figure(number)));
  }
  return "<div class=\"scroll\"><table><tbody>\n" + rows + "</tbody></table></div>\n";
}

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
