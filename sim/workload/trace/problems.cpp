#include "sim/workload/trace/problems.h"

#include "models/units/error.h"

namespace cleave {

namespace {

std::string shown(std::string_view value) {
  constexpr std::size_t kLongest = 60;
  std::string text;
  for (const char c : value.substr(0, kLongest)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7f) {
      text += c;
    } else {
      text += fmt::format("\\x{:02x}", byte);
    }
  }
  if (value.size() > kLongest) text += "...";
  return text;
}

}  // namespace

void Problems::add(std::uint64_t line, std::string_view field, std::string_view value, std::string_view expected) {
  keep(fmt::format("{}:{}: {}: got \"{}\", expected {}", file_, line, field, shown(value), expected));
}

void Problems::add(std::string_view message) {
  keep(fmt::format("{}: {}", file_, message));
}

void Problems::add_at(std::uint64_t line, std::string_view message) {
  keep(fmt::format("{}:{}: {}", file_, line, message));
}

void Problems::keep(std::string text) {
  found_.push_back(std::move(text));
  if (found_.size() >= limit_) throw ConfigError(fmt::format("{}", fmt::join(found_, "\n")));
}

}  // namespace cleave
