#include "sim/report/html/markup.h"

#include <fmt/format.h>

#include <cmath>
#include <iterator>
#include <utility>

namespace cleave::html {
namespace {

/// A coordinate with one decimal: a tenth of a pixel is enough, and -0.0 would differ between machines' rounding.
double tenth(double value) {
  return std::round(value * 10) / 10 + 0.0;
}

void append_points(std::string& out, std::span<const Point> points) {
  const char* gap = "";
  for (const Point& p : points) {
    fmt::format_to(std::back_inserter(out), "{}{:.1f},{:.1f}", gap, tenth(p.x), tenth(p.y));
    gap = " ";
  }
}

std::string title_element(std::string_view title) {
  return title.empty() ? "" : "<title>" + escape(title) + "</title>";
}

}  // namespace

std::string escape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t' ? ' ' : c;
    }
  }
  return out;
}

Svg::Svg(double width, double height, std::string_view label) {
  out_ = fmt::format(R"(<svg class="plot" viewBox="0 0 {:.0f} {:.0f}" role="img" aria-label="{}">)", width, height,
                     escape(label));
  out_ += '\n';
}

void Svg::line(Point from, Point to, std::string_view css) {
  fmt::format_to(std::back_inserter(out_), R"(<line class="{}" x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}"/>)", css,
                 tenth(from.x), tenth(from.y), tenth(to.x), tenth(to.y));
  out_ += '\n';
}

void Svg::polyline(std::span<const Point> points, std::string_view css) {
  fmt::format_to(std::back_inserter(out_), R"(<polyline class="{}" points=")", css);
  append_points(out_, points);
  out_ += "\"/>\n";
}

void Svg::area(std::span<const Point> points, double base, std::string_view css) {
  if (points.empty()) return;
  fmt::format_to(std::back_inserter(out_), R"(<polygon class="{}" points="{:.1f},{:.1f} )", css,
                 tenth(points.front().x), tenth(base));
  append_points(out_, points);
  fmt::format_to(std::back_inserter(out_), R"( {:.1f},{:.1f}"/>)", tenth(points.back().x), tenth(base));
  out_ += '\n';
}

void Svg::rectangle(Point corner, double width, double height, std::string_view css, std::string_view title) {
  fmt::format_to(std::back_inserter(out_),
                 R"(<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}">{}</rect>)", css,
                 tenth(corner.x), tenth(corner.y), tenth(width), tenth(height), title_element(title));
  out_ += '\n';
}

void Svg::dot(Point at, double radius, std::string_view css, std::string_view title) {
  fmt::format_to(std::back_inserter(out_), R"(<circle class="{}" cx="{:.1f}" cy="{:.1f}" r="{:.1f}">{}</circle>)", css,
                 tenth(at.x), tenth(at.y), radius, title_element(title));
  out_ += '\n';
}

void Svg::text(Point at, Anchor anchor, std::string_view css, std::string_view content) {
  if (content.empty()) return;
  constexpr const char* kAnchors[] = {"start", "middle", "end"};
  fmt::format_to(std::back_inserter(out_), R"(<text class="{}" x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>)", css,
                 tenth(at.x), tenth(at.y), kAnchors[static_cast<int>(anchor)], escape(content));
  out_ += '\n';
}

std::string Svg::finish() && {
  out_ += "</svg>\n";
  return std::move(out_);
}

}  // namespace cleave::html
