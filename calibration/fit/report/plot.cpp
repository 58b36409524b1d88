#include "calibration/fit/report/plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <fstream>
#include <functional>
#include <system_error>

namespace cleave::fit {
namespace {

constexpr double kSide = 300;
constexpr double kMargin = 44;
constexpr std::array<std::string_view, 8> kColours{"#3366cc", "#dc3912", "#109618", "#990099",
                                                   "#ff9900", "#0099c6", "#dd4477", "#66aa00"};

constexpr std::string_view kHead = R"(<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Predicted against measured</title>
<style>
body{font:14px/1.4 system-ui,sans-serif;margin:2em;color:#222;background:#fff}
main{display:flex;flex-wrap:wrap;gap:24px}
figure{margin:0;width:360px}
figcaption{font-weight:600}
small{color:#555;font-weight:400}
svg{width:100%;height:auto}
.grid{stroke:#e4e4e4}.diagonal{stroke:#222}.tenth{stroke:#999;stroke-dasharray:4 3}
text{font-size:11px;fill:#555}
@media(prefers-color-scheme:dark){body{color:#ddd;background:#1b1b1b}.grid{stroke:#333}.diagonal{stroke:#ddd}}
</style></head><body>
<h1>Predicted against measured</h1>
<p>Rows that the fit did not see, at most 250 of a device and region. The line is equality, dashes a tenth to either
side. Rest the pointer on a dot for its device and times.</p>
<main>
)";

constexpr std::string_view kSvgStyle =
    "<style>.grid{stroke:#e4e4e4}.diagonal{stroke:#222}.tenth{stroke:#999;stroke-dasharray:4 3}"
    "text{font:11px sans-serif;fill:#555}</style>";

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '<')
      out += "&lt;";
    else if (c == '&')
      out += "&amp;";
    else if (c == '"')
      out += "&quot;";
    else
      out += c;
  }
  return out;
}

std::string duration_text(double seconds) {
  if (seconds < 1e-3) return fmt::format("{:.4g} us", seconds * 1e6);
  if (seconds < 1) return fmt::format("{:.4g} ms", seconds * 1e3);
  return fmt::format("{:.4g} s", seconds);
}

/// Whole decades that hold all times, on both axes.
struct Scale {
  double low = 0;
  double high = 1;

  [[nodiscard]] double at(double seconds) const { return kSide * (std::log10(seconds) - low) / (high - low); }
  [[nodiscard]] double x(double seconds) const { return kMargin + at(seconds); }
  [[nodiscard]] double y(double seconds) const { return kMargin / 2 + kSide - at(seconds); }
};

using Regions = std::vector<const RegionResult*>;

Scale scale_of(const Regions& regions) {
  double low = 1e300;
  double high = 0;
  for (const RegionResult* region : regions) {
    for (const PredictedPoint& point : region->points) {
      low = std::min({low, point.measured, point.predicted});
      high = std::max({high, point.measured, point.predicted});
    }
  }
  return {std::floor(std::log10(low)), std::ceil(std::log10(high) + 1e-9)};
}

void line(std::string& out, const Scale& scale, double factor, std::string_view css) {
  const double low = std::pow(10, scale.low);
  const double high = std::pow(10, scale.high);
  const double from = std::max(low, low / factor);
  const double to = std::min(high, high / factor);
  out += fmt::format(R"(<line class="{}" x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}"/>)", css, scale.x(from),
                     scale.y(from * factor), scale.x(to), scale.y(to * factor));
}

void axes(std::string& out, const Scale& scale) {
  for (double decade = scale.low; decade <= scale.high; ++decade) {
    const double at = std::pow(10, decade);
    const std::string label = duration_text(at);
    out += fmt::format(R"(<line class="grid" x1="{0:.1f}" y1="{1:.1f}" x2="{0:.1f}" y2="{2:.1f}"/>)", scale.x(at),
                       kMargin / 2, kMargin / 2 + kSide);
    out += fmt::format(R"(<line class="grid" x1="{1:.1f}" y1="{0:.1f}" x2="{2:.1f}" y2="{0:.1f}"/>)", scale.y(at),
                       kMargin, kMargin + kSide);
    out += fmt::format(R"(<text x="{:.1f}" y="{:.1f}" text-anchor="middle">{}</text>)", scale.x(at),
                       kMargin / 2 + kSide + 14, label);
    out +=
        fmt::format(R"(<text x="{:.1f}" y="{:.1f}" text-anchor="end">{}</text>)", kMargin - 3, scale.y(at) + 4, label);
  }
  line(out, scale, 1, "diagonal");
  line(out, scale, 1.1, "tenth");
  line(out, scale, 1 / 1.1, "tenth");
}

/// `attributes` of the svg element, `style` inside it: a file of its own needs both.
std::string svg(const Regions& regions, std::string_view attributes, std::string_view style) {
  const Scale scale = scale_of(regions);
  std::string out = fmt::format(R"(<svg{} viewBox="0 0 {} {}" role="img" aria-label="predicted against measured">{})",
                                attributes, kSide + kMargin * 1.7, kSide + kMargin * 1.2, style);
  axes(out, scale);
  for (std::size_t i = 0; i < regions.size(); ++i) {
    const std::string_view colour = kColours[i % kColours.size()];
    for (const PredictedPoint& point : regions[i]->points) {
      out += fmt::format(R"(<circle cx="{:.1f}" cy="{:.1f}" r="1.6" fill="{}" fill-opacity=".6">)",
                         scale.x(point.measured), scale.y(point.predicted), colour);
      out += fmt::format("<title>{}: measured {}, predicted {}</title></circle>", escaped(regions[i]->device),
                         duration_text(point.measured), duration_text(point.predicted));
    }
  }
  return out + "</svg>";
}

void drawing(std::string& out, const Regions& regions, const RegionResult& all) {
  out += fmt::format(
      "<figure><figcaption>{}, {} <small>{:.1f} % mean, {:.1f} % 95th percentile, {} rows</small>"
      "</figcaption>",
      escaped(all.family), escaped(all.region), all.fitted().mean, all.fitted().p95, all.fitted().rows);
  out += svg(regions, "", "") + "<small>";
  for (std::size_t i = 0; i < regions.size(); ++i) {
    out += fmt::format(R"( <span style="color:{}">&#9679;&nbsp;{}</span>)", kColours[i % kColours.size()],
                       escaped(regions[i]->device));
  }
  out += "</small></figure>\n";
}

/// Calls `take` with each region's devices and its row over all of them.
void for_each_region(const std::vector<RegionResult>& results,
                     const std::function<void(const Regions&, const RegionResult&)>& take) {
  Regions open;
  for (const RegionResult& result : results) {
    if (result.device != "all") {
      open.push_back(&result);
      continue;
    }
    if (!open.empty()) take(open, result);
    open.clear();
  }
}

std::string file_name(const RegionResult& all) {
  std::string name = fmt::format("{}-{}.svg", all.family, all.region);
  std::replace(name.begin(), name.end(), ' ', '-');
  return name;
}

void write_text(const std::filesystem::path& file, const std::string& text) {
  std::ofstream out(file);
  out << text;
  out.close();
  if (!out) throw std::system_error(errno, std::generic_category(), file.string());
}

}  // namespace

std::string plot_page(const std::vector<RegionResult>& results) {
  std::string out(kHead);
  for_each_region(results, [&](const Regions& regions, const RegionResult& all) { drawing(out, regions, all); });
  return out + "</main></body></html>\n";
}

std::vector<std::filesystem::path> write_plots(const std::vector<RegionResult>& results,
                                               const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  std::vector<std::filesystem::path> files{folder / "index.html"};
  write_text(files.back(), plot_page(results));
  for_each_region(results, [&](const Regions& regions, const RegionResult& all) {
    files.push_back(folder / file_name(all));
    write_text(files.back(), svg(regions, R"( xmlns="http://www.w3.org/2000/svg")", kSvgStyle) + "\n");
  });
  return files;
}

}  // namespace cleave::fit
