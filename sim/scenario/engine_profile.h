#pragma once
// Engines as data: a profile's settings, laid under what a pool says of its engine.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/hardware/device.h"
#include "sim/engine/params.h"
#include "sim/scenario/tree.h"

namespace cleave {

class Catalogue;

/// One setting of a profile: a key of EngineParams, nested ones with a dot.
struct EngineSetting {
  std::string key;
  Tree value;
  std::string source;
  Confidence confidence = Confidence::assumed;
};

/// Settings for accelerators of some size.
struct MemoryCase {
  std::optional<Bytes> at_least;
  std::vector<std::string> except;  // beginnings of hardware names
  std::vector<EngineSetting> settings;
};

struct EngineProfile {
  std::string name;
  std::string description;
  std::vector<EngineSetting> settings;
  std::vector<MemoryCase> by_memory;  // the first that fits counts
};

/// Reads one file of models/catalog/engine. Errors: added to the diagnostics, keys that EngineParams lacks among them.
[[nodiscard]] EngineProfile read_engine_profile(const Tree& tree, std::string name, Diagnostics& diagnostics);

/// What the profile says of an engine on such accelerators, as a map like a pool's `engine`.
[[nodiscard]] Tree settings_of(const EngineProfile& profile, std::string_view hardware, Bytes memory);

/// The same as parameters: for scenarios made in code.
[[nodiscard]] EngineParams engine_params(const EngineProfile& profile, std::string_view hardware, Bytes memory);

/// Lays each pool's engine over its profile's settings (the default profile where it names none).
/// Errors: an unknown profile, added to the diagnostics. What is malformed is left to the reader.
void lay_over_profiles(Tree& scenario, const Catalogue& catalogue, Diagnostics& diagnostics);

}  // namespace cleave
