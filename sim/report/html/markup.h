#pragma once
// Text that is safe inside HTML, and inline SVG drawings. All output is well-formed XML.

#include <span>
#include <string>
#include <string_view>

namespace cleave::html {

/// For text and for quoted attributes. Bytes that XML forbids become spaces.
[[nodiscard]] std::string escape(std::string_view text);

struct Point {
  double x = 0;
  double y = 0;
};

enum class Anchor { start, middle, end };

/// A drawing in user units that scales to the width of its container. `css` names classes of page_style.h; it and
/// the texts of `label` are escaped where needed.
class Svg {
 public:
  /// `label` is read aloud in the drawing's stead.
  Svg(double width, double height, std::string_view label);

  void line(Point from, Point to, std::string_view css);
  void polyline(std::span<const Point> points, std::string_view css);
  /// Filled between the points and the horizontal line at `base`.
  void area(std::span<const Point> points, double base, std::string_view css);
  void rectangle(Point corner, double width, double height, std::string_view css, std::string_view title = {});
  /// `title` shows when the mouse rests on it.
  void dot(Point at, double radius, std::string_view css, std::string_view title);
  void text(Point at, Anchor anchor, std::string_view css, std::string_view content);

  /// The whole element.
  [[nodiscard]] std::string finish() &&;

 private:
  std::string out_;
};

}  // namespace cleave::html
