#include "sim/scenario/overrides.h"

#include <fmt/format.h>

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/scenario/yaml_parser.h"

namespace cleave {
namespace {

/// A whole flag is one position: columns inside it would only confuse.
void place(Tree& tree, const Position& where) {
  tree.where = where;
  for (Tree& item : tree.items) place(item, where);
  for (TreeEntry& entry : tree.entries) {
    entry.where = where;
    place(entry.value, where);
  }
}

/// The names of a list's elements.
std::vector<std::string_view> names_in(const Tree& list) {
  std::vector<std::string_view> names;
  for (const Tree& item : list.items) {
    if (const TreeEntry* name = item.entry("name")) names.push_back(name->value.scalar);
  }
  return names;
}

class Override {
 public:
  Override(std::string_view text, Diagnostics& diagnostics)
      : Override(text, Position{fmt::format("--set {}", text)}, diagnostics) {}
  Override(std::string_view text, Position where, Diagnostics& diagnostics)
      : text_(text), where_(std::move(where)), diagnostics_(diagnostics) {}

  /// The text is the path alone.
  void apply(Tree& root, Tree value) {
    const auto steps = split_path(text_);
    if (steps.empty()) return diagnostics_.add(where_, text_, "expected a path, such as pools[0].replicas");
    if (Tree* node = find(root, steps)) *node = std::move(value);
  }

  void apply(Tree& root) {
    const auto equals = text_.find('=');
    const auto steps = split_path(text_.substr(0, equals));
    if (equals == std::string_view::npos || steps.empty()) {
      diagnostics_.add(where_, "", "expected path=value, such as pools[0].replicas=4");
      return;
    }
    auto value = read_value_text(text_.substr(equals + 1));
    if (!value) return;
    Tree* node = find(root, steps);
    if (node == nullptr) return;
    *node = std::move(*value);
    place(*node, where_);
  }

 private:
  /// The node that a path names. Result: nullptr after an error.
  Tree* find(Tree& root, const std::vector<PathStep>& steps) {
    Tree* node = &root;
    for (const PathStep& step : steps) {
      node = descend(*node, step);
      if (node == nullptr) return nullptr;
    }
    return node;
  }

  std::optional<Tree> read_value_text(std::string_view text) {
    if (text.find_first_not_of(" \t") == std::string_view::npos) return Tree{};  // `a=` takes the value away
    return parse_yaml(text, where_.source, diagnostics_);
  }

  /// The child that a step names, made when a map lacks it. Result: nullptr after an error.
  Tree* descend(Tree& node, const PathStep& step) {
    const std::string parent = std::exchange(path_, path_ + step_text(step));
    if (node.kind == Tree::Kind::list) return step.is_index ? by_index(node, step) : by_name(node, step);
    if (step.is_index) return fail(parent.empty() ? "the document" : parent, "is no list");
    if (node.kind == Tree::Kind::scalar) {
      return fail(parent, fmt::format("is {}, not a map: set it as a whole", shown(node)));
    }
    node.kind = Tree::Kind::map;
    if (node.where.source.empty()) node.where = where_;
    if (TreeEntry* entry = node.entry(step.key)) {
      entry->where = where_;
      return &entry->value;
    }
    node.entries.push_back({step.key, where_, Tree{}});
    node.entries.back().value.where = where_;
    return &node.entries.back().value;
  }

  [[nodiscard]] std::string step_text(const PathStep& step) const {
    if (step.is_index) return fmt::format("[{}]", step.index);
    return path_.empty() ? step.key : "." + step.key;
  }

  Tree* by_index(Tree& list, const PathStep& step) {
    if (step.index < list.items.size()) return &list.items[step.index];
    return fail(path_, fmt::format("no such element; the list has {}, counted from 0", list.items.size()));
  }

  Tree* by_name(Tree& list, const PathStep& step) {
    for (Tree& item : list.items) {
      const TreeEntry* name = item.entry("name");
      if (name != nullptr && name->value.scalar == step.key) return &item;
    }
    const auto names = names_in(list);
    return fail(path_, fmt::format("no element has this name{}{}", names.empty() ? "" : ", expected " + listing(names),
                                   suggestion(step.key, names)));
  }

  Tree* fail(std::string_view path, std::string_view message) {
    diagnostics_.add(where_, path, message);
    return nullptr;
  }

  std::string_view text_;
  Position where_;
  Diagnostics& diagnostics_;
  std::string path_;
};

}  // namespace

void apply_overrides(Tree& tree, std::span<const std::string> overrides, Diagnostics& diagnostics) {
  for (const std::string& text : overrides) Override(text, diagnostics).apply(tree);
}

void set_value(Tree& tree, std::string_view path, Tree value, const Position& where, Diagnostics& diagnostics) {
  Override(path, where, diagnostics).apply(tree, std::move(value));
}

}  // namespace cleave
