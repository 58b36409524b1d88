#include "sim/report/humanise.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <string_view>

namespace cleave::human {
namespace {

struct Scale {
  double from;  // the smallest value that is written with it
  double unit;
  std::string_view name;
};

std::string grouped(std::string digits) {
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > (digits.front() == '-' ? 1 : 0); at -= 3) {
    digits.insert(static_cast<std::size_t>(at), 1, ',');
  }
  return digits;
}

/// Three significant digits; whole numbers beyond.
std::string three_digits(double value) {
  const double magnitude = std::abs(value);
  if (magnitude >= 99.95) return grouped(fmt::format("{:.0f}", value));
  if (magnitude >= 9.995) return fmt::format("{:.1f}", value);
  if (magnitude >= 0.9995 || value == 0) return fmt::format("{:.2f}", value);
  return fmt::format("{:.3g}", value);
}

/// `scales` ascend; the last one that does not exceed the value, rounding included, is used.
std::string scaled(double value, std::span<const Scale> scales) {
  const Scale* chosen = &scales.front();
  for (const Scale& scale : scales) {
    if (std::abs(value) * 1.0005 >= scale.from) chosen = &scale;
  }
  return three_digits(value / chosen->unit) + std::string(chosen->name);
}

}  // namespace

std::string duration(double seconds) {
  constexpr std::array kScales{Scale{0, 1e-9, " ns"},     Scale{1e-6, 1e-6, " us"}, Scale{1e-3, 1e-3, " ms"},
                               Scale{1, 1, " s"},         Scale{600, 60, " min"},   Scale{7200, 3600, " h"},
                               Scale{172800, 86400, " d"}};
  return seconds == 0 ? "0 s" : scaled(seconds, kScales);
}

std::string count(std::int64_t value) {
  return grouped(fmt::format("{}", value));
}

std::string real(double value) {
  return three_digits(value);
}

std::string bytes(double value) {
  constexpr std::array kScales{Scale{0, 1, " B"},      Scale{1e3, 1e3, " kB"},   Scale{1e6, 1e6, " MB"},
                               Scale{1e9, 1e9, " GB"}, Scale{1e12, 1e12, " TB"}, Scale{1e15, 1e15, " PB"}};
  return value == 0 ? "0 B" : scaled(value, kScales);
}

std::string percent(double fraction) {
  if (fraction > 0 && fraction < 0.0005) return "<0.1 %";
  if (fraction < 1 && fraction >= 0.9995) return ">99.9 %";
  if (fraction == 0 || fraction == 1) return fmt::format("{:.0f} %", fraction * 100);
  return fmt::format("{:.1f} %", fraction * 100);
}

std::string usd(double value) {
  if (value >= 0.995 && value < 999.995) return fmt::format("${:.2f}", value);
  if (value >= 0.00995 && value < 0.995) return fmt::format("${:#.3g}", value);
  return fmt::format("${}", three_digits(value));
}

std::string compact(double value) {
  constexpr std::array kScales{Scale{0, 1, ""}, Scale{1e4, 1e3, "k"}, Scale{1e6, 1e6, "M"}, Scale{1e9, 1e9, "G"},
                               Scale{1e12, 1e12, "T"}};
  const Scale* chosen = &kScales.front();
  for (const Scale& scale : kScales) {
    if (std::abs(value) >= scale.from) chosen = &scale;
  }
  return fmt::format("{:.4g}{}", value / chosen->unit, chosen->name);
}

std::string words(std::string_view identifier) {
  std::string text(identifier);
  std::replace(text.begin(), text.end(), '_', ' ');
  return text;
}

}  // namespace cleave::human
