#include "sim/validation/json_file.h"

#include <array>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <string_view>

#include "models/units/error.h"

namespace cleave {
namespace {

constexpr std::array<std::string_view, 3> kNotNumbers{"-Infinity", "Infinity", "NaN"};

std::string with_nulls(const std::string& text) {
  std::string result;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] == '\\' && quoted && i + 1 < text.size()) {
      result.append(text, i, 2);
      i += 2;
      continue;
    }
    if (text[i] == '"') quoted = !quoted;
    std::size_t skipped = 0;
    for (const std::string_view word : kNotNumbers) {
      if (!quoted && skipped == 0 && std::string_view(text).substr(i).starts_with(word)) skipped = word.size();
    }
    if (skipped > 0) {
      result += "null";
      i += skipped;
    } else {
      result.push_back(text[i++]);
    }
  }
  return result;
}

}  // namespace

nlohmann::json read_json(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in) throw ConfigError(file.string() + ": cannot be read");
  try {
    return nlohmann::json::parse(with_nulls(text.str()));
  } catch (const nlohmann::json::parse_error& error) {
    throw ConfigError(file.string() + ": " + error.what());
  }
}

}  // namespace cleave
