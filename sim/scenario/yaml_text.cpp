#include "sim/scenario/yaml_text.h"

#include <nlohmann/json.hpp>
#include <string_view>

namespace cleave {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kWordStart = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/$_";
constexpr std::string_view kWordRest = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/$_ .+-{}";

/// Whether some YAML reader could take the unquoted text for a number, a date, a truth value or nothing.
bool has_other_meaning(std::string_view text) {
  for (const std::string_view word :
       {"true", "True", "TRUE", "false", "False", "FALSE", "null", "Null", "NULL", "yes", "Yes", "YES", "no",
        "No",   "NO",   "on",   "On",    "ON",    "off",   "Off",  "OFF",  "y",    "Y",   "n",   "N"}) {
    if (text == word) return true;
  }
  if (kDigits.find(text.front()) == std::string_view::npos) return false;
  return text.find_first_of(" /") == std::string_view::npos;  // "80 GiB" and "8/s" are quantities, "1e5" is not
}

std::string scalar(const Json& value) {
  if (!value.is_string()) return value.dump();
  const auto& text = value.get_ref<const std::string&>();
  const bool plain = !text.empty() && kWordStart.find(text.front()) != std::string_view::npos &&
                     text.find_first_not_of(kWordRest) == std::string::npos && text.back() != ' ' &&
                     !has_other_meaning(text);
  return plain ? text : value.dump();
}

void write(const Json& value, std::string_view indent, std::string& out);

/// The value after `key:` or `-`: on the same line, or as a block below.
void write_after(const Json& value, const std::string& indent, std::string& out) {
  if (value.is_structured() && !value.empty()) {
    out += '\n';
    write(value, indent, out);
  } else {
    out += ' ' + scalar(value) + '\n';
  }
}

void write(const Json& value, std::string_view indent, std::string& out) {
  const std::string deeper = std::string(indent) + "  ";
  if (value.is_array()) {
    for (const Json& item : value) {
      if (!item.is_object() || item.empty()) {
        out += std::string(indent) + "-";
        write_after(item, deeper, out);
        continue;
      }
      const std::size_t start = out.size();
      write(item, deeper, out);
      out[start + indent.size()] = '-';  // the first key shares the dash's line
    }
    return;
  }
  for (const auto& [key, item] : value.items()) {
    out += std::string(indent) + scalar(Json(key)) + ":";
    write_after(item, deeper, out);
  }
}

}  // namespace

std::string yaml_text(const Json& value) {
  std::string out;
  if (value.is_structured() && !value.empty()) {
    write(value, "", out);
  } else {
    out = scalar(value) + "\n";
  }
  return out;
}

}  // namespace cleave
