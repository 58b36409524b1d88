#include "calibration/bench/harness/grid.h"

#include <algorithm>

#include "models/units/check.h"

namespace cleave::bench {

std::string to_cell(const Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
  return std::get<std::string>(value);
}

void Grid::add(std::vector<Value> row) {
  SIM_CHECK(row.size() == axes.size(), "a grid's row has a value for each axis");
  rows.push_back(std::move(row));
}

const Value& Point::value(std::string_view axis) const {
  const auto found = std::find(grid_->axes.begin(), grid_->axes.end(), axis);
  SIM_CHECK(found != grid_->axes.end(), "the grid has no such axis");
  return grid_->rows[row_][static_cast<std::size_t>(found - grid_->axes.begin())];
}

std::int64_t Point::number(std::string_view axis) const {
  const auto* number = std::get_if<std::int64_t>(&value(axis));
  SIM_CHECK(number != nullptr, "the axis is a name, not a count");
  return *number;
}

const std::string& Point::text(std::string_view axis) const {
  const auto* text = std::get_if<std::string>(&value(axis));
  SIM_CHECK(text != nullptr, "the axis is a count, not a name");
  return *text;
}

std::string Point::key() const {
  std::string result;
  for (const Value& cell : grid_->rows[row_]) {
    if (!result.empty()) result += ',';
    result += to_cell(cell);
  }
  return result;
}

}  // namespace cleave::bench
