#include "sim/scenario/yaml_parser.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <cstddef>
#include <fstream>
#include <map>
#include <sstream>
#include <utility>
#include <vector>

#include "sim/scenario/source_text.h"
#include "sim/scenario/utf8.h"

namespace cleave {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

/// Builds a Tree from yaml-cpp's events. Aliases become copies of what they name.
class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(const SourceText& source, Diagnostics& diagnostics) : source_(source), diagnostics_(diagnostics) {}

  [[nodiscard]] std::optional<Tree> take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { put(node(Tree::Kind::null, mark), anchor); }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) {  // an alias inside the node that it names
      diagnostics_.add(position(mark), "", "an alias (*name) of a node that contains it");
      put(node(Tree::Kind::null, mark), 0);
      return;
    }
    Tree copy = found->second;
    copied_ += size_of(copy);
    if (copied_ > kMostCopiedNodes) {
      throw YAML::ParserException(mark, "aliases (*name) expand to more than a hundred thousand nodes");
    }
    put(std::move(copy), 0);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    check_tag(mark, tag);
    Tree scalar = node(Tree::Kind::scalar, mark);
    scalar.scalar = value;
    scalar.quoted = tag == "!";
    const bool in_quotes = scalar.quoted && !source_.begins_block_text(mark.line, mark.column);
    if (in_quotes && !source_.closes_quote(mark.line, mark.column)) {
      throw YAML::ParserException(mark, YAML::ErrorMsg::EOF_IN_SCALAR);
    }
    put(std::move(scalar), anchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    check_tag(mark, tag);
    open_.push_back({node(Tree::Kind::list, mark), anchor, std::nullopt, false});
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    check_tag(mark, tag);
    open_.push_back({node(Tree::Kind::map, mark), anchor, std::nullopt, false});
  }
  void OnMapEnd() override { close(); }

 private:
  static constexpr std::size_t kMostCopiedNodes = 100'000;

  /// A list or map whose end has not been seen.
  struct Open {
    Tree tree;
    YAML::anchor_t anchor;
    std::optional<Tree> key;  // of the map, waiting for its value
    bool skip_value;          // the waiting key was refused
  };

  [[nodiscard]] Position position(const YAML::Mark& mark) const { return source_.position(mark.line, mark.column); }

  [[nodiscard]] Tree node(Tree::Kind kind, const YAML::Mark& mark) const {
    Tree tree;
    tree.kind = kind;
    tree.where = position(mark);
    return tree;
  }

  static std::size_t size_of(const Tree& tree) {
    std::size_t size = 1;
    for (const Tree& item : tree.items) size += size_of(item);
    for (const TreeEntry& entry : tree.entries) size += size_of(entry.value);
    return size;
  }

  void check_tag(const YAML::Mark& mark, const std::string& tag) {
    if (tag.empty() || tag == "?" || tag == "!") return;
    diagnostics_.add(position(mark), "", fmt::format("got the YAML tag {}, expected a value without a tag", tag));
  }

  void close() {
    Open done = std::move(open_.back());
    open_.pop_back();
    put(std::move(done.tree), done.anchor);
  }

  void put(Tree tree, YAML::anchor_t anchor) {
    if (anchor != 0) anchors_[anchor] = tree;
    if (open_.empty()) {
      root_ = std::move(tree);
      return;
    }
    Open& parent = open_.back();
    if (parent.tree.kind == Tree::Kind::list) {
      parent.tree.items.push_back(std::move(tree));
    } else if (!parent.key) {
      parent.skip_value = !accept_key(parent.tree, tree);
      parent.key = std::move(tree);
    } else {
      const Tree key = *std::exchange(parent.key, std::nullopt);
      if (!parent.skip_value) parent.tree.entries.push_back({key.scalar, key.where, std::move(tree)});
    }
  }

  bool accept_key(const Tree& map, const Tree& key) {
    if (key.kind != Tree::Kind::scalar) {
      diagnostics_.add(key.where, "", fmt::format("got {} as a key, expected a name", shown(key)));
      return false;
    }
    if (key.scalar == "<<" && !key.quoted) {
      diagnostics_.add(key.where, "<<", "YAML merge keys are not supported; write the keys out, or use `include`");
      return false;
    }
    if (const TreeEntry* first = map.entry(key.scalar)) {
      diagnostics_.add(key.where, key.scalar, fmt::format("duplicate key; the first is at line {}", first->where.line));
      return false;
    }
    return true;
  }

  const SourceText& source_;
  Diagnostics& diagnostics_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, Tree> anchors_;
  std::size_t copied_ = 0;
  std::optional<Tree> root_;
};

/// yaml-cpp's words for the mistakes that people make most.
std::string in_plain_words(const std::string& message) {
  if (message == YAML::ErrorMsg::END_OF_MAP) return "the map does not end here; check the indentation of this line";
  if (message == YAML::ErrorMsg::END_OF_SEQ) return "the list does not end here; check the indentation of this line";
  if (message == YAML::ErrorMsg::END_OF_MAP_FLOW) return "a `{` without its `}`, or a missing comma";
  if (message == YAML::ErrorMsg::END_OF_SEQ_FLOW) return "a `[` without its `]`, or a missing comma";
  if (message == YAML::ErrorMsg::EOF_IN_SCALAR) return "a quoted text without its closing quote";
  if (message == YAML::ErrorMsg::MAP_VALUE)
    return "a `key: value` is not allowed here; check the indentation and quotes";
  return message;
}

void report(const SourceText& text, const YAML::Exception& error, Diagnostics& diagnostics) {
  if (const auto tab = text.tab_in_indentation(error.mark.line)) {
    diagnostics.add(*tab, "", "not valid YAML: a tab in the indentation; indent with spaces");
    return;
  }
  diagnostics.add(text.position(error.mark.line, error.mark.column), "",
                  fmt::format("not valid YAML: {}", in_plain_words(error.msg)));
}

}  // namespace

std::optional<Tree> parse_yaml(std::string_view text, const std::string& source, Diagnostics& diagnostics) {
  if (const auto bad = first_unreadable_byte(text)) {
    diagnostics.add({source, bad->line, bad->column}, "", bad->message);
    return std::nullopt;
  }
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  const SourceText source_text(text, source);
  std::istringstream stream{std::string(text)};
  TreeBuilder first(source_text, diagnostics);
  try {
    YAML::Parser parser(stream);
    if (!parser.HandleNextDocument(first)) {
      diagnostics.add({source, 1, 1}, "", "the document is empty");
      return std::nullopt;
    }
    Diagnostics ignored;
    TreeBuilder second(source_text, ignored);
    if (parser.HandleNextDocument(second)) {
      const auto tree = second.take();
      diagnostics.add(tree ? tree->where : Position{source, 1, 1}, "",
                      "a second YAML document starts here; expected one document a file");
    }
  } catch (const YAML::Exception& error) {
    report(source_text, error, diagnostics);
    return std::nullopt;
  }
  return first.take();
}

std::optional<std::string> read_text_file(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return std::nullopt;
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file || file.bad()) return std::nullopt;
  return std::move(text).str();
}

std::optional<Tree> parse_yaml_file(const std::filesystem::path& path, Diagnostics& diagnostics) {
  const auto text = read_text_file(path);
  if (!text) {
    diagnostics.add({path.string()}, "", "no such file, or it cannot be read");
    return std::nullopt;
  }
  auto tree = parse_yaml(*text, path.string(), diagnostics);
  if (tree && tree->kind != Tree::Kind::map) {
    diagnostics.add(tree->where, "", fmt::format("got {}, expected a map of keys and values", shown(*tree)));
    return std::nullopt;
  }
  return tree;
}

}  // namespace cleave
