#pragma once
// What scenarios can name, kind by kind: the rows that `cleave list` prints.

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cleave {

struct Listed {
  std::string name;
  std::string note;
};

/// One kind of thing. `entries` reads the tables and the catalogue.
struct Kind {
  std::string_view name;
  std::string_view help;
  std::vector<Listed> (*entries)();
  bool of_catalogue = false;  // data files with sources, which `cleave show` prints in full
};

/// All kinds, in the order in which help lists them.
[[nodiscard]] std::span<const Kind> kinds();

/// The kind of that name. Errors: ConfigError for an unknown one, with the nearest.
[[nodiscard]] const Kind& find_kind(std::string_view name);

}  // namespace cleave
