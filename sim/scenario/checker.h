#pragma once

#include <string_view>

#include "sim/scenario/catalogue.h"
#include "sim/scenario/diagnostics.h"
#include "sim/scenario/scenario.h"
#include "sim/scenario/tree.h"

namespace cleave {

/// A scenario under validation: reports an error by the key path of the wrong value.
struct Checker {
  const Scenario& scenario;
  const Catalogue& catalogue;
  const Tree& tree;
  Diagnostics& diagnostics;

  void fail(std::string_view key_path, std::string_view message) const {
    diagnostics.add(position_of(tree, key_path), key_path, message);
  }
};

// The parts of `validate`.
void check_pools(const Checker& check);
void check_engines(const Checker& check);
void check_hardware(const Checker& check);
void check_workload(const Checker& check);
void check_faults(const Checker& check);
void check_kv(const Checker& check);
void check_transfer(const Checker& check);
void check_federation(const Checker& check);
void check_router(const Checker& check);

}  // namespace cleave
