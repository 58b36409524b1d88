#pragma once
// Small pieces that several sections share.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/report/run_facts.h"

namespace cleave::html {

/// One colour of a bar. `colour` is 0 ... kColours - 1.
struct BarPart {
  double share = 0;  // of the whole bar's width, 0 ... 1
  int colour = 0;
  std::string title;  // shows when the mouse rests on it
};
[[nodiscard]] std::string bar(const std::vector<BarPart>& parts, bool thick = false);

struct LegendEntry {
  int colour = 0;
  std::string name;
  std::string value;  // may be empty
};
[[nodiscard]] std::string legend(const std::vector<LegendEntry>& entries);

/// A labelled row: text, a bar, a number.
[[nodiscard]] std::string bar_row(std::string_view label, const std::string& bar, std::string_view number);

[[nodiscard]] std::string section(std::string_view title, std::string_view hint, const std::string& body);

/// A row a number that is not zero, with the unit that its name ends in.
[[nodiscard]] std::string number_table(const std::vector<NumberFact>& numbers);

/// A number, or a dash when there is none.
[[nodiscard]] std::string shown(const std::optional<double>& value, std::string (*how)(double));

/// "good", "fair" or "bad" for a share of requests that met their SLO.
[[nodiscard]] const char* verdict_of(double attainment);

}  // namespace cleave::html
