#include "sim/scenario/paths.h"

#include <fmt/format.h>

#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <variant>

#include "sim/scenario/describe_scenario.h"
#include "sim/scenario/yaml_reader.h"
#include "sim/workload/known_traces.h"

namespace cleave {
namespace {

namespace fs = std::filesystem;

/// Calls `act(key_path, text)` for every field that a description calls a path.
template <class Act>
class PathVisitor {
 public:
  PathVisitor(std::string prefix, const Act& act) : prefix_(std::move(prefix)), act_(act) {}

  template <class T>
  void field(std::string_view key, T& member, std::string_view, const Rule& rule = {}) {
    visit(prefix_.empty() ? std::string(key) : fmt::format("{}.{}", prefix_, key), member, rule);
  }
  template <class T>
  void field_of(const Owners&, std::string_view, T&, std::string_view, const Rule& = {}) {}

 private:
  template <class T>
  void visit(const std::string& path, T& member, const Rule& rule) {
    if constexpr (std::is_same_v<T, std::string>) {
      if (rule.is_path && !member.empty()) act_(path, member);
    } else if constexpr (reader::kIsOptional<T>) {
      if (member) visit(path, *member, rule);
    } else if constexpr (reader::kIsVector<T>) {
      for (std::size_t i = 0; i < member.size(); ++i) visit(fmt::format("{}[{}]", path, i), member[i], rule);
    } else if constexpr (reader::kIsVariant<T>) {
      std::visit([&](auto& alternative) { visit(path, alternative, rule); }, member);
    } else if constexpr (std::is_class_v<T> && !reader::kIsMap<T> && !TextQuantity<T> && !std::is_same_v<T, Tokens>) {
      PathVisitor inner(path, act_);
      describe(inner, member);
    }
  }

  std::string prefix_;
  const Act& act_;
};

class PathExpander {
 public:
  PathExpander(const Tree& tree, const fs::path& data_dir, bool need_files, Diagnostics& diagnostics)
      : tree_(tree), data_dir_(data_dir), need_files_(need_files), diagnostics_(diagnostics) {}

  void operator()(const std::string& key_path, std::string& text) const {
    const Position where = position_of(tree_, key_path);
    const auto expanded = expand(where, key_path, text);
    if (!expanded) return;
    fs::path path = *expanded;
    if (path.is_relative() && where.line != 0) path = fs::path(where.source).parent_path() / path;
    path = path.lexically_normal();
    if (need_files_) check_present(where, key_path, text, path);
    text = path.string();
  }

 private:
  [[nodiscard]] std::optional<std::string> value_of_variable(const std::string& name) const {
    if (const char* value = std::getenv(name.c_str())) return value;
    if (name == "CLEAVE_DATA_DIR" && !data_dir_.empty()) return data_dir_.string();
    return std::nullopt;
  }

  [[nodiscard]] std::optional<std::string> expand(const Position& where, const std::string& key_path,
                                                  std::string_view text) const {
    const auto bad = [&](std::string_view why) {
      diagnostics_.add(where, key_path, fmt::format("got \"{}\", {}", text, why));
      return std::nullopt;
    };
    std::string out;
    std::string_view rest = text;
    for (auto begin = rest.find("${"); begin != std::string_view::npos; begin = rest.find("${")) {
      const auto end = rest.find('}', begin);
      if (end == std::string_view::npos) return bad("expected a `}` that closes `${`");
      const std::string name(rest.substr(begin + 2, end - begin - 2));
      const auto value = value_of_variable(name);
      if (!value) return bad(fmt::format("but the environment variable {} is not set", name));
      out += rest.substr(0, begin);
      out += *value;
      rest.remove_prefix(end + 1);
    }
    return out.append(rest);
  }

  void check_present(const Position& where, const std::string& key_path, const std::string& text,
                     const fs::path& path) const {
    std::error_code error;
    if (fs::exists(path, error)) return;
    std::string message = fmt::format("got \"{}\", but there is no file {}", text, path.string());
    if (const KnownTrace* known = find_known_trace(path.filename().string())) {
      message += fmt::format("; it is public: {} ({}), sha256 {}", known->source, known->licence, known->sha256);
      if (text.find("${CLEAVE_DATA_DIR}") != std::string::npos) {
        message += "; set CLEAVE_DATA_DIR to the folder that holds it";
      }
    }
    diagnostics_.add(where, key_path, message);
  }

  const Tree& tree_;
  const fs::path& data_dir_;
  bool need_files_;
  Diagnostics& diagnostics_;
};

}  // namespace

void expand_paths(Scenario& scenario, const Tree& tree, const fs::path& data_dir, bool need_files,
                  Diagnostics& diagnostics) {
  const PathExpander expander(tree, data_dir, need_files, diagnostics);
  PathVisitor visitor("", expander);
  describe(visitor, scenario);
}

void visit_input_paths(Scenario& scenario, const std::function<void(std::string& path)>& act) {
  const auto act_on_path = [&](const std::string&, std::string& path) { act(path); };
  PathVisitor visitor("", act_on_path);
  describe(visitor, scenario);
}

}  // namespace cleave
