#include "sim/scenario/include.h"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "sim/scenario/yaml_parser.h"

namespace cleave {
namespace {

namespace fs = std::filesystem;

/// Follows includes depth first. `chain_` holds the files that are being read, outermost first.
class IncludeReader {
 public:
  explicit IncludeReader(Diagnostics& diagnostics) : diagnostics_(diagnostics) {}

  std::optional<Tree> read(const fs::path& path) {
    files_.push_back(path.string());
    auto own = parse_yaml_file(path, diagnostics_);
    if (!own) return std::nullopt;
    chain_.push_back(path);
    Tree merged;
    merged.kind = Tree::Kind::map;
    for (const Tree& name : take_includes(*own)) read_included(path, name, merged);
    chain_.pop_back();
    merge(merged, std::move(*own));
    return merged;
  }

  [[nodiscard]] std::vector<std::string> take_files() { return std::move(files_); }

 private:
  /// The names that `include` gives; the key is removed.
  static std::vector<Tree> take_includes(Tree& tree) {
    const auto found = std::find_if(tree.entries.begin(), tree.entries.end(),
                                    [](const TreeEntry& entry) { return entry.key == "include"; });
    if (found == tree.entries.end()) return {};
    Tree value = std::move(found->value);
    tree.entries.erase(found);
    if (value.kind == Tree::Kind::list) return std::move(value.items);
    return {std::move(value)};
  }

  void read_included(const fs::path& from, const Tree& name, Tree& merged) {
    if (name.kind != Tree::Kind::scalar || name.scalar.empty()) {
      diagnostics_.add(name.where, "include", fmt::format("got {}, expected the path of a file", shown(name)));
      return;
    }
    const fs::path path = (from.parent_path() / name.scalar).lexically_normal();
    std::error_code error;
    if (!fs::is_regular_file(path, error)) {
      diagnostics_.add(name.where, "include",
                       fmt::format("got {}, expected an existing file; {} is none", shown(name), path.string()));
      return;
    }
    if (is_open(path)) {
      diagnostics_.add(name.where, "include", fmt::format("a cycle: {}{}", chain_text(), path.string()));
      return;
    }
    if (auto tree = read(path)) merge(merged, std::move(*tree));
  }

  [[nodiscard]] bool is_open(const fs::path& path) const {
    return std::any_of(chain_.begin(), chain_.end(), [&](const fs::path& open) {
      std::error_code error;
      return fs::equivalent(open, path, error);
    });
  }

  [[nodiscard]] std::string chain_text() const {
    std::string text;
    for (const fs::path& path : chain_) text += path.string() + " -> ";
    return text;
  }

  Diagnostics& diagnostics_;
  std::vector<fs::path> chain_;
  std::vector<std::string> files_;
};

}  // namespace

std::optional<IncludedTree> read_with_includes(const fs::path& path, Diagnostics& diagnostics) {
  IncludeReader reader(diagnostics);
  auto tree = reader.read(path);
  if (!tree) return std::nullopt;
  return IncludedTree{std::move(*tree), reader.take_files()};
}

}  // namespace cleave
