#pragma once
// YAML text -> Tree, without the surprises of YAML and of yaml-cpp.

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "sim/scenario/diagnostics.h"
#include "sim/scenario/tree.h"

namespace cleave {

/// Reads one YAML document. Refuses what yaml-cpp lets pass: duplicate keys, `<<` merge keys, tags, keys that are not
/// texts, a second document, bytes that are not UTF-8, control characters. Anchors and aliases work.
/// Errors: added to `diagnostics`; nullopt when no tree could be made at all.
[[nodiscard]] std::optional<Tree> parse_yaml(std::string_view text, const std::string& source,
                                             Diagnostics& diagnostics);

/// The bytes of a file. Errors: nullopt for a folder or a file that cannot be read.
[[nodiscard]] std::optional<std::string> read_text_file(const std::filesystem::path& path);

/// Reads a YAML file whose document is a map; `source` in positions is the path as given.
/// Errors: added to `diagnostics`; nullopt when there is no map.
[[nodiscard]] std::optional<Tree> parse_yaml_file(const std::filesystem::path& path, Diagnostics& diagnostics);

}  // namespace cleave
