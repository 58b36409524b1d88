#pragma once

#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include "tests/unit/scenario/temp_folder.h"

namespace cleave {

/// A scenario that is refused, and a part of the diagnostic.
struct Case {
  std::string what;
  std::string yaml;
  std::string expected;
};

inline void check_all(const std::vector<Case>& cases) {
  for (const Case& bad : cases) {
    DYNAMIC_SECTION(bad.what) {
      INFO(bad.yaml);
      CHECK_THAT(errors_of_scenario(bad.yaml), Catch::Contains(bad.expected));
    }
  }
}

}  // namespace cleave
