#pragma once
// A YAML document as plain values that remember where they were written.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/scenario/diagnostics.h"

namespace cleave {

struct TreeEntry;

/// One node: nothing, a text, a list or a map. Maps keep the order of the file; their keys are unique.
struct Tree {
  enum class Kind : std::uint8_t { null, scalar, list, map };
  Kind kind = Kind::null;
  std::string scalar;
  bool quoted = false;  // a quoted text is never a number
  Position where;
  std::vector<Tree> items;
  std::vector<TreeEntry> entries;

  /// The entry of a map by key; nullptr when there is none.
  [[nodiscard]] const TreeEntry* entry(std::string_view key) const;
  [[nodiscard]] TreeEntry* entry(std::string_view key);
};

struct TreeEntry {
  std::string key;
  Position where;  // of the key
  Tree value;
};

/// What a diagnostic calls a node's content: `"8k"`, `8`, `a list`, `a map`, `nothing`.
[[nodiscard]] std::string shown(const Tree& node);

/// The node at a key path such as "pools[0].engine.block_size"; nullptr when there is none.
[[nodiscard]] const Tree* find_node(const Tree& root, std::string_view key_path);

/// The position of the node at a key path, or of its deepest existing ancestor.
[[nodiscard]] Position position_of(const Tree& root, std::string_view key_path);

/// Lays `over` upon `base`: maps merge key by key; everything else, and a map that states another `type` or `policy`,
/// replaces.
void merge(Tree& base, Tree over);

/// One step of a key path: `.key`, or `[index]`.
struct PathStep {
  std::string key;
  std::size_t index = 0;
  bool is_index = false;
};

/// Takes a key path apart. Errors: an empty result for a malformed path.
[[nodiscard]] std::vector<PathStep> split_path(std::string_view key_path);

}  // namespace cleave
