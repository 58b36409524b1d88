#include "sim/scenario/diagnostics.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <tuple>

#include "models/units/error.h"

namespace cleave {
namespace {

/// Edits that turn a into b: insertions, deletions, replacements and swaps of neighbours.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0U : 1U)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before_last[j - 2] + 1);
      }
    }
    std::swap(before_last, last);
    std::swap(last, row);
  }
  return last.back();
}

}  // namespace

std::string to_text(const Position& position) {
  if (position.line == 0) return position.source;
  return fmt::format("{}:{}:{}", position.source, position.line, position.column);
}

std::optional<std::string_view> nearest(std::string_view word, std::span<const std::string_view> names) {
  constexpr std::size_t kLongestWord = 64;  // nobody mistypes a longer one by a few letters
  if (word.size() > kLongestWord) return std::nullopt;
  std::size_t best = std::max<std::size_t>(2, word.size() / 3) + 1;
  std::optional<std::string_view> found;
  for (const std::string_view name : names) {
    const std::size_t distance = edit_distance(word, name);
    if (distance < best && 2 * distance <= std::max(word.size(), name.size())) {
      best = distance;
      found = name;
    }
  }
  if (found) return found;
  for (const std::string_view name : names) {  // an abbreviation, or a name with an extra part
    if (word.size() >= 3 && name.size() >= 3 && (name.starts_with(word) || word.starts_with(name))) return name;
  }
  return std::nullopt;
}

std::string suggestion(std::string_view word, std::span<const std::string_view> names) {
  const auto name = nearest(word, names);
  return name ? fmt::format("; did you mean `{}`?", *name) : std::string{};
}

std::string listing(std::span<const std::string_view> names) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) text += i + 1 == names.size() ? " or " : ", ";
    text += names[i];
  }
  return text;
}

void Diagnostics::add(const Position& where, std::string_view key_path, std::string_view message) {
  const std::string path = key_path.empty() ? std::string{} : fmt::format("{}: ", key_path);
  lines_.push_back({where, fmt::format("{}: {}{}", to_text(where), path, message)});
}

void Diagnostics::throw_if_any() const {
  if (lines_.empty()) return;
  std::vector<std::string> sources;  // in order of first appearance
  for (const Line& line : lines_) {
    if (std::find(sources.begin(), sources.end(), line.where.source) == sources.end()) {
      sources.push_back(line.where.source);
    }
  }
  std::string text;
  for (const std::string& source : sources) {
    std::vector<const Line*> of_source;
    for (const Line& line : lines_) {
      if (line.where.source == source) of_source.push_back(&line);
    }
    std::stable_sort(of_source.begin(), of_source.end(), [](const Line* a, const Line* b) {
      return std::tie(a->where.line, a->where.column) < std::tie(b->where.line, b->where.column);
    });
    for (const Line* line : of_source) text += (text.empty() ? "" : "\n") + line->text;
  }
  throw ConfigError(text);
}

}  // namespace cleave
