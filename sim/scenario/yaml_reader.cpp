#include "sim/scenario/yaml_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace cleave {

void ReadContext::mismatch(std::string_view expected, std::string_view hint) const {
  diagnostics.add(node.where, path, fmt::format("got {}, expected {}{}", shown(node), expected, hint));
}

namespace reader {
namespace {

/// JSON's number: what a schema calls a number, and no octal, hexadecimal, `.5` or `1_000`.
bool is_number(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  const auto digits = [&] {
    std::size_t n = 0;
    while (n < text.size() && text[n] >= '0' && text[n] <= '9') ++n;
    const auto taken = text.substr(0, n);
    text.remove_prefix(n);
    return taken;
  };
  const auto whole = digits();
  if (whole.empty() || (whole.size() > 1 && whole.front() == '0')) return false;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    if (digits().empty()) return false;
  }
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
    if (digits().empty()) return false;
  }
  return text.empty();
}

bool has_leading_zero(std::string_view text) {
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  return text.size() > 1 && text[0] == '0' && text.find_first_not_of("0123456789") == std::string_view::npos;
}

bool is_plain_number(const Tree& node) {
  return node.kind == Tree::Kind::scalar && !node.quoted && is_number(node.scalar);
}

/// Why a text that looks like a number is none.
std::string number_hint(const Tree& node) {
  if (node.kind != Tree::Kind::scalar) return {};
  if (node.quoted && is_number(node.scalar)) return "; a quoted text is not a number: remove the quotes";
  if (has_leading_zero(node.scalar)) return "; YAML readers disagree on leading zeros (octal or not): remove them";
  return {};
}

std::string plain(double bound) {
  return bound == std::floor(bound) && std::abs(bound) < 1e15 ? fmt::format("{}", static_cast<std::int64_t>(bound))
                                                              : fmt::format("{}", bound);
}

void report_number_bounds(const ReadContext& context, std::string_view what) {
  report_bounds(context, what, context.rule.least ? plain(*context.rule.least) : std::string{},
                context.rule.most ? plain(*context.rule.most) : std::string{});
}

template <class T>
std::optional<T> whole_number(const ReadContext& context, std::string_view what) {
  T value{};
  const std::string& text = context.node.scalar;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = is_plain_number(context.node) && end == text.data() + text.size();
  if (is_plain_number(context.node) && error == std::errc::result_out_of_range) {
    context.mismatch(fmt::format("{} that fits 64 bits", what));
    return std::nullopt;
  }
  if (!whole || error != std::errc{}) {
    context.mismatch(what, number_hint(context.node));
    return std::nullopt;
  }
  if (!context.rule.allows(static_cast<double>(value))) {
    report_number_bounds(context, what);
    return std::nullopt;
  }
  return value;
}

}  // namespace

std::optional<bool> read_bool(const ReadContext& context) {
  if (context.node.kind == Tree::Kind::scalar && !context.node.quoted) {
    if (context.node.scalar == "true") return true;
    if (context.node.scalar == "false") return false;
  }
  context.mismatch("true or false");
  return std::nullopt;
}

std::optional<double> read_real(const ReadContext& context) {
  double value = 0;
  const std::string& text = context.node.scalar;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (!is_plain_number(context.node) || error != std::errc{}) {
    context.mismatch("a number", number_hint(context.node));
    return std::nullopt;
  }
  if (!context.rule.allows(value)) {
    report_number_bounds(context, "a number");
    return std::nullopt;
  }
  return value;
}

std::optional<std::int64_t> read_integer(const ReadContext& context, std::int64_t least, std::int64_t most) {
  const auto value = whole_number<std::int64_t>(context, "a whole number");
  if (!value || (*value >= least && *value <= most)) return value;
  report_bounds(context, "a whole number", std::to_string(least), std::to_string(most));
  return std::nullopt;
}

std::optional<std::uint64_t> read_unsigned(const ReadContext& context) {
  if (is_plain_number(context.node) && context.node.scalar.starts_with('-')) {
    report_bounds(context, "a whole number", "0", {});
    return std::nullopt;
  }
  return whole_number<std::uint64_t>(context, "a whole number");
}

std::optional<std::string> read_text(const ReadContext& context) {
  const Rule& rule = context.rule;
  if (context.node.kind != Tree::Kind::scalar) {
    context.mismatch(rule.choices.empty() ? std::string("a text") : listing(rule.choices));
    return std::nullopt;
  }
  const std::string& text = context.node.scalar;
  if (text.empty() && !rule.may_be_empty) {
    context.mismatch("a text that is not empty");
    return std::nullopt;
  }
  if (!rule.choices.empty() && std::find(rule.choices.begin(), rule.choices.end(), text) == rule.choices.end()) {
    context.mismatch(listing(rule.choices), suggestion(text, rule.choices));
    return std::nullopt;
  }
  return text;
}

std::optional<std::size_t> read_choice(const ReadContext& context, std::span<const std::string_view> names) {
  if (context.node.kind == Tree::Kind::scalar) {
    const auto found = std::find(names.begin(), names.end(), context.node.scalar);
    if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  }
  context.mismatch(listing(names), suggestion(context.node.scalar, names));
  return std::nullopt;
}

std::optional<std::string> read_quantity_text(const ReadContext& context, const UnitGrammar& grammar) {
  if (context.node.kind == Tree::Kind::scalar && !is_number(context.node.scalar)) return context.node.scalar;
  const std::string expected = fmt::format("{} such as {}", grammar.what, grammar.examples);
  if (context.node.kind == Tree::Kind::scalar) {
    context.diagnostics.add(context.node.where, context.path,
                            fmt::format("got the bare number {}, expected {}", context.node.scalar, expected));
  } else {
    context.mismatch(expected);
  }
  return std::nullopt;
}

void report_not_a_quantity(const ReadContext& context, const UnitGrammar& grammar) {
  context.mismatch(fmt::format("{} such as {}", grammar.what, grammar.examples));
}

void report_bounds(const ReadContext& context, std::string_view what, std::string_view least, std::string_view most) {
  std::string bounds;
  if (!least.empty()) bounds = fmt::format(" {} {}", context.rule.least_excluded ? "above" : "of at least", least);
  if (!most.empty()) bounds += fmt::format("{} at most {}", least.empty() ? " of" : " and", most);
  context.mismatch(fmt::format("{}{}", what, bounds));
}

bool is_map(const ReadContext& context) {
  if (context.node.kind == Tree::Kind::map) return true;
  context.mismatch("a map of keys and values");
  return false;
}

bool is_list(const ReadContext& context) {
  if (context.node.kind == Tree::Kind::list) return true;
  context.mismatch("a list");
  return false;
}

std::optional<std::size_t> read_type(const ReadContext& context, std::span<const std::string_view> names) {
  const TreeEntry* type = context.node.entry("type");
  if (type == nullptr) {
    context.diagnostics.add(context.node.where, context.path,
                            fmt::format("the key `type` is missing, expected {}", listing(names)));
    return std::nullopt;
  }
  const std::string path = context.path + ".type";
  return read_choice(ReadContext{type->value, path, context.rule, context.diagnostics}, names);
}

}  // namespace reader

std::string FieldReader::path_of(std::string_view key) const {
  return context_.path.empty() ? std::string(key) : fmt::format("{}.{}", context_.path, key);
}

bool FieldReader::has(std::string_view key) const {
  return std::find(keys_.begin(), keys_.end(), key) != keys_.end();
}

void FieldReader::report_missing(std::string_view key, std::string_view doc) const {
  context_.diagnostics.add(context_.node.where, path_of(key), fmt::format("missing, expected {}", doc));
}

void FieldReader::report_foreign(const TreeEntry& entry, const Owners& owners) const {
  context_.diagnostics.add(
      entry.where, path_of(entry.key),
      fmt::format("belongs to {0} {1}; this is {0} {2}", owners.tag, listing(owners.names), owners.chosen));
}

void FieldReader::report_unknown(const TreeEntry& entry, const std::string& explanation) const {
  if (!explanation.empty()) {
    context_.diagnostics.add(entry.where, path_of(entry.key), explanation);
    return;
  }
  const std::string hint = suggestion(entry.key, keys_);
  const std::string known = hint.empty() ? fmt::format(", expected {}", listing(keys_)) : hint;
  context_.diagnostics.add(entry.where, path_of(entry.key), fmt::format("unknown key{}", known));
}

}  // namespace cleave
