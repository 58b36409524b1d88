#pragma once
// The points at which a probe measures: named axes and a list of rows.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace cleave::bench {

/// One coordinate: a count, or a name such as a dtype. Holds no comma, quote or newline.
using Value = std::variant<std::int64_t, std::string>;

/// The text of a cell.
[[nodiscard]] std::string to_cell(const Value& value);

struct Grid {
  std::vector<std::string> axes;
  /// Each as long as `axes`; no two are equal.
  std::vector<std::vector<Value>> rows;

  /// Appends a row. SIM_CHECK: as many values as axes.
  void add(std::vector<Value> row);
};

/// One row of a grid, read by the names of the axes. Valid as long as the grid.
class Point {
 public:
  Point(const Grid& grid, std::size_t row) : grid_(&grid), row_(row) {}

  /// SIM_CHECK: the axis exists and is a count (a name).
  [[nodiscard]] std::int64_t number(std::string_view axis) const;
  [[nodiscard]] int integer(std::string_view axis) const { return static_cast<int>(number(axis)); }
  [[nodiscard]] std::size_t size(std::string_view axis) const { return static_cast<std::size_t>(number(axis)); }
  [[nodiscard]] const std::string& text(std::string_view axis) const;
  [[nodiscard]] const std::vector<std::string>& axes() const { return grid_->axes; }
  /// The cells joined by commas: how the row begins in the CSV, and what identifies it.
  [[nodiscard]] std::string key() const;

 private:
  [[nodiscard]] const Value& value(std::string_view axis) const;

  const Grid* grid_;
  std::size_t row_;
};

}  // namespace cleave::bench
