#include "models/cost/fitted/residual_field.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>

namespace cleave {
namespace {

Place place(double x, double y) {
  return {{x, y}, 2};
}

std::vector<Place> grid() {
  std::vector<Place> out;
  for (int x = 0; x < 12; ++x) {
    for (int y = 0; y < 12; ++y) out.push_back(place(x, y));
  }
  return out;
}

TEST_CASE("the tree finds the same neighbours as a look at all points, ties in their order") {
  const std::vector<Place> points = grid();
  const Neighbours tree(points);
  for (const Place& at : {place(0, 0), place(5.5, 5.5), place(3.2, 9.9), place(-4, 20)}) {
    std::vector<Neighbour> all;
    for (std::uint32_t i = 0; i < points.size(); ++i) all.push_back({square_distance(points[i], at), i});
    std::sort(all.begin(), all.end());
    std::array<Neighbour, 10> found{};
    REQUIRE(tree.nearest(at, found) == 10);
    for (std::size_t i = 0; i < found.size(); ++i) {
      CHECK(found[i].index == all[i].index);
      CHECK(found[i].square == all[i].square);
    }
  }
}

TEST_CASE("a field returns what was measured and what lies between") {
  std::vector<double> values;
  for (const Place& p : grid()) values.push_back(0.1 * p.at[0] - 0.05 * p.at[1]);
  const ResidualField field(grid(), values, {24, 4, 0.01});
  CHECK(field.at(place(5, 5)) == Approx(0.25).margin(0.01));
  CHECK(field.at(place(5.5, 5)) == Approx(0.30).margin(0.01));
  CHECK(field.at(place(2.3, 7.6)) == Approx(-0.15).margin(0.02));
}

TEST_CASE("outside the measured box the field is held constant") {
  std::vector<double> values;
  for (const Place& p : grid()) values.push_back(0.1 * p.at[0]);
  const ResidualField field(grid(), values, {});
  CHECK(field.at(place(40, 5)) == field.at(place(11, 5)));
  CHECK(field.at(place(-3, -9)) == field.at(place(0, 0)));
}

TEST_CASE("one wild measurement moves its surroundings by less than half of itself") {
  std::vector<double> values(144, 0.0);
  values[12 * 6 + 6] = 1;
  const ResidualField field(grid(), values, {24, 4, 0.3});
  CHECK(field.at(place(6.5, 6)) < 0.5);
  CHECK(std::abs(field.at(place(9, 9))) < 0.1);
}

TEST_CASE("a place between a measured row and a measured column is known by what both share") {
  // Jagged along each axis, so that neighbours say little; every place with an x and a y of 1 modulo 3 is left out.
  const auto value = [](const Place& p) { return 0.2 * std::sin(17 * p.at[0]) + 0.2 * std::sin(23 * p.at[1]); };
  std::vector<Place> points;
  std::vector<double> values;
  for (const Place& p : grid()) {
    if (static_cast<int>(p.at[0]) % 3 == 1 && static_cast<int>(p.at[1]) % 3 == 1) continue;
    points.push_back(p);
    values.push_back(value(p));
  }
  constexpr std::array<Coordinates, 2> kParts{0b01, 0b10};
  const Smoothing smoothing{32, 2, 0.01};
  const ResidualField without(points, values, smoothing);
  const ResidualField with(points, values, smoothing, kParts);
  double error_without = 0;
  double error_with = 0;
  for (const Place& p : {place(4, 4), place(4, 7), place(7, 4), place(7, 7)}) {
    error_without += std::abs(without.at(p) - value(p));
    error_with += std::abs(with.at(p) - value(p));
  }
  CHECK(error_with < 0.7 * error_without);
  CHECK(with.at(place(3, 3)) == Approx(value(place(3, 3))).margin(0.03));
}

TEST_CASE("an empty field says nothing") {
  CHECK(ResidualField().at(place(1, 2)) == 0);
}

}  // namespace
}  // namespace cleave
