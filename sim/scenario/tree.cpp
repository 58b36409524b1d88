#include "sim/scenario/tree.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace cleave {
namespace {

/// Whether two maps name different alternatives, so that the keys of one mean nothing to the other.
bool other_alternative(const Tree& base, const Tree& over) {
  for (const std::string_view tag : {"type", "policy"}) {
    const TreeEntry* a = base.entry(tag);
    const TreeEntry* b = over.entry(tag);
    if (a != nullptr && b != nullptr && a->value.scalar != b->value.scalar) return true;
  }
  return false;
}

/// How far a key path leads.
struct Walk {
  const Tree* deepest;
  bool complete;
};

Walk walk(const Tree& root, std::string_view key_path) {
  const Tree* node = &root;
  for (const PathStep& step : split_path(key_path)) {
    if (step.is_index) {
      if (step.index >= node->items.size()) return {node, false};
      node = &node->items[step.index];
    } else {
      const TreeEntry* entry = node->entry(step.key);
      if (entry == nullptr) return {node, false};
      node = &entry->value;
    }
  }
  return {node, true};
}

}  // namespace

const TreeEntry* Tree::entry(std::string_view key) const {
  for (const TreeEntry& candidate : entries) {
    if (candidate.key == key) return &candidate;
  }
  return nullptr;
}

TreeEntry* Tree::entry(std::string_view key) {
  return const_cast<TreeEntry*>(std::as_const(*this).entry(key));
}

std::string shown(const Tree& node) {
  constexpr std::size_t kLongest = 60;
  switch (node.kind) {
    case Tree::Kind::null:
      return "nothing";
    case Tree::Kind::list:
      return "a list";
    case Tree::Kind::map:
      return "a map";
    case Tree::Kind::scalar:
      break;
  }
  if (node.scalar.size() > kLongest) return fmt::format("\"{}...\"", node.scalar.substr(0, kLongest));
  return fmt::format("\"{}\"", node.scalar);
}

std::vector<PathStep> split_path(std::string_view key_path) {
  std::vector<PathStep> steps;
  std::size_t at = 0;
  while (at < key_path.size()) {
    PathStep step;
    if (key_path[at] == '[') {
      const auto close = key_path.find(']', at);
      if (close == std::string_view::npos || steps.empty()) return {};
      const char* end = key_path.data() + close;
      const auto [stop, error] = std::from_chars(key_path.data() + at + 1, end, step.index);
      if (error != std::errc{} || stop != end) return {};
      step.is_index = true;
      at = close + 1;
    } else {
      if (!steps.empty()) {
        if (key_path[at] != '.') return {};
        ++at;
      }
      const auto end = std::min(key_path.find_first_of(".[", at), key_path.size());
      step.key = key_path.substr(at, end - at);
      if (step.key.empty()) return {};
      at = end;
    }
    steps.push_back(std::move(step));
  }
  return steps;
}

Position position_of(const Tree& root, std::string_view key_path) {
  return walk(root, key_path).deepest->where;
}

const Tree* find_node(const Tree& root, std::string_view key_path) {
  const Walk walked = walk(root, key_path);
  return walked.complete ? walked.deepest : nullptr;
}

void merge(Tree& base, Tree over) {
  const bool both_maps = base.kind == Tree::Kind::map && over.kind == Tree::Kind::map;
  if (!both_maps || other_alternative(base, over)) {
    base = std::move(over);
    return;
  }
  base.where = over.where;
  for (TreeEntry& entry : over.entries) {
    if (TreeEntry* old = base.entry(entry.key)) {
      old->where = entry.where;
      merge(old->value, std::move(entry.value));
    } else {
      base.entries.push_back(std::move(entry));
    }
  }
}

}  // namespace cleave
