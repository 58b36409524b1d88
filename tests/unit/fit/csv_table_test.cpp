#include "calibration/fit/table/csv_table.h"

#include <catch2/catch.hpp>

#include "models/units/error.h"

namespace cleave::fit {
namespace {

using Catch::Contains;

std::string refusal(const std::string& text, const std::string& column) {
  try {
    CsvTable table("t.csv", text);
    const std::size_t at = table.column(column);
    while (table.next()) (void)table.positive(at);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "accepted";
}

TEST_CASE("a sound table is read row by row, with or without carriage returns") {
  CsvTable table("t.csv", "a,b\r\n1,x\r\n2.5,y");
  REQUIRE(table.next());
  CHECK(table.number(0) == 1);
  CHECK(table.text(1) == "x");
  REQUIRE(table.next());
  CHECK(table.number(0) == 2.5);
  CHECK(table.line() == 3);
  CHECK_FALSE(table.next());
}

TEST_CASE("a damaged table is refused with its file, line and reason") {
  CHECK_THAT(refusal("a,b\n1,2\n", "latency"), Contains("t.csv:1") && Contains("no column `latency`, got: a, b"));
  CHECK_THAT(refusal("a,a\n1,2\n", "a"), Contains("t.csv:1") && Contains("twice"));
  CHECK_THAT(refusal("a\n1\n-2\n", "a"), Contains("t.csv:3") && Contains("above 0"));
  CHECK_THAT(refusal("a\n0\n", "a"), Contains("t.csv:2") && Contains("above 0"));
  CHECK_THAT(refusal("a\nnan\n", "a"), Contains("t.csv:2") && Contains("finite"));
  CHECK_THAT(refusal("a\ninf\n", "a"), Contains("t.csv:2") && Contains("finite"));
  CHECK_THAT(refusal("a\n1x\n", "a"), Contains("t.csv:2") && Contains("expected a number"));
  CHECK_THAT(refusal("a\n\n", "a"), Contains("t.csv:2") && Contains("expected a number"));
  CHECK_THAT(refusal("a,b\n1\n", "a"), Contains("t.csv:2") && Contains("1 cells, expected 2"));
  CHECK_THAT(refusal("", "a"), Contains("t.csv") && Contains("empty"));
}

TEST_CASE("a file that is not there is refused") {
  CHECK_THROWS_WITH(CsvTable("no-such-file.csv"), Contains("no-such-file.csv"));
}

}  // namespace
}  // namespace cleave::fit
