#include "models/units/text.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <span>
#include <system_error>

namespace cleave {
namespace {

/// One unit: a quantity written with it counts `times` * 10^`ten` / `per` of the base unit.
struct Unit {
  std::string_view name;
  int ten = 0;
  std::int64_t times = 1;
  std::int64_t per = 1;
};

/// One kind of quantity. units[0] is the base unit.
struct Family {
  std::string_view what;
  std::string_view examples;
  std::span<const Unit> units;
  bool whole = false;  // counted in whole base units
};

constexpr std::int64_t kKi = 1024;
constexpr std::int64_t kSecond = 1'000'000'000;

constexpr std::array kDurationUnits{Unit{"ns"},         Unit{"us", 3},      Unit{"ms", 6},      Unit{"s", 9},
                                    Unit{"min", 9, 60}, Unit{"h", 9, 3600}, Unit{"d", 9, 86400}};
constexpr std::array kBytesUnits{Unit{"B"},
                                 Unit{"kB", 3},
                                 Unit{"MB", 6},
                                 Unit{"GB", 9},
                                 Unit{"TB", 12},
                                 Unit{"PB", 15},
                                 Unit{"KiB", 0, kKi},
                                 Unit{"MiB", 0, kKi* kKi},
                                 Unit{"GiB", 0, kKi* kKi* kKi},
                                 Unit{"TiB", 0, kKi* kKi* kKi* kKi},
                                 Unit{"PiB", 0, kKi* kKi* kKi* kKi* kKi}};
constexpr std::array kBytesPerSecondUnits{Unit{"B/s"},
                                          Unit{"kB/s", 3},
                                          Unit{"MB/s", 6},
                                          Unit{"GB/s", 9},
                                          Unit{"TB/s", 12},
                                          Unit{"PB/s", 15},
                                          Unit{"KiB/s", 0, kKi},
                                          Unit{"MiB/s", 0, kKi* kKi},
                                          Unit{"GiB/s", 0, kKi* kKi* kKi},
                                          Unit{"TiB/s", 0, kKi* kKi* kKi* kKi},
                                          Unit{"b/s", 0, 1, 8},
                                          Unit{"kb/s", 3, 1, 8},
                                          Unit{"Mb/s", 6, 1, 8},
                                          Unit{"Gb/s", 9, 1, 8},
                                          Unit{"Tb/s", 12, 1, 8}};
constexpr std::array kFlopsUnits{Unit{"FLOPS"},      Unit{"MFLOPS", 6},  Unit{"GFLOPS", 9},
                                 Unit{"TFLOPS", 12}, Unit{"PFLOPS", 15}, Unit{"EFLOPS", 18}};
constexpr std::array kRequestUnits{
    Unit{"req/s"},         Unit{"/s"}, Unit{"req/min", 0, 1, 60}, Unit{"/min", 0, 1, 60}, Unit{"req/h", 0, 1, 3600},
    Unit{"/h", 0, 1, 3600}};
constexpr std::array kWattUnits{Unit{"W"}, Unit{"kW", 3}, Unit{"MW", 6}};
constexpr std::array kUsdPerHourUnits{Unit{"$/h"}, Unit{"USD/h"}};
constexpr std::array kUsdUnits{Unit{"$"}, Unit{"USD"}};

template <class Q>
constexpr Family family();
template <>
constexpr Family family<Duration>() {
  return {"a duration", R"("5 us", "1.5 s", "10 min")", kDurationUnits, true};
}
template <>
constexpr Family family<Bytes>() {
  return {"a size in bytes", R"("80 GiB", "512 MB")", kBytesUnits, true};
}
template <>
constexpr Family family<BytesPerSecond>() {
  return {"a bandwidth", R"("50 GB/s", "400 Gb/s" (B: bytes, b: bits))", kBytesPerSecondUnits};
}
template <>
constexpr Family family<FlopsPerSecond>() {
  return {"a compute rate", R"("989 TFLOPS", "2.5 PFLOPS")", kFlopsUnits};
}
template <>
constexpr Family family<RequestsPerSecond>() {
  return {"a request rate", R"("8 req/s", "90 req/min")", kRequestUnits};
}
template <>
constexpr Family family<Watts>() {
  return {"a power", R"("700 W", "1.2 kW")", kWattUnits};
}
template <>
constexpr Family family<UsdPerHour>() {
  return {"a price per hour", R"("2.5 $/h")", kUsdPerHourUnits};
}
template <>
constexpr Family family<Usd>() {
  return {"an amount of money", R"("0.02 $")", kUsdUnits};
}

// --- Reading -----------------------------------------------------------------------------------------------------

/// A decimal number and its unit, taken apart: `whole`.`fraction` `unit`.
struct Parts {
  std::string_view whole;
  std::string_view fraction;
  Unit unit;
};

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::string_view take_digits(std::string_view& text) {
  std::size_t n = 0;
  while (n < text.size() && is_digit(text[n])) ++n;
  const auto digits = text.substr(0, n);
  text.remove_prefix(n);
  return digits;
}

std::optional<Parts> take_apart(std::string_view text, const Family& family) {
  Parts parts;
  parts.whole = take_digits(text);
  if (parts.whole.empty() || (parts.whole.size() > 1 && parts.whole.front() == '0')) return std::nullopt;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    parts.fraction = take_digits(text);
    if (parts.fraction.empty()) return std::nullopt;
  }
  if (text.starts_with(' ')) text.remove_prefix(1);
  for (const Unit& unit : family.units) {
    if (unit.name != text) continue;
    if (family.whole && &unit == &family.units.front() && !parts.fraction.empty()) return std::nullopt;
    parts.unit = unit;
    return parts;
  }
  return std::nullopt;
}

/// Base units, to the nearest whole one (halves up). Errors: nullopt beyond 63 bits.
std::optional<std::int64_t> to_whole(const Parts& parts) {
  using Wide = unsigned __int128;
  constexpr std::size_t kFractionDigits = 18;  // enough to place a fraction of the largest unit to a thousandth
  std::uint64_t whole = 0;
  const auto [end, error] = std::from_chars(parts.whole.data(), parts.whole.data() + parts.whole.size(), whole);
  if (error != std::errc{}) return std::nullopt;
  Wide factor = static_cast<Wide>(parts.unit.times);
  for (int i = 0; i < parts.unit.ten; ++i) factor *= 10;
  Wide numerator = 0;
  Wide denominator = 1;
  for (const char c : parts.fraction.substr(0, kFractionDigits)) {
    numerator = numerator * 10 + static_cast<Wide>(c - '0');
    denominator *= 10;
  }
  const Wide value = static_cast<Wide>(whole) * factor + (numerator * factor + denominator / 2) / denominator;
  if (value > static_cast<Wide>(std::numeric_limits<std::int64_t>::max())) return std::nullopt;
  return static_cast<std::int64_t>(value);
}

/// Base units, correctly rounded: the power of ten is part of the text that is converted.
std::optional<double> to_real(const Parts& parts) {
  const std::string text =
      fmt::format("{}.{}e{}", parts.whole, parts.fraction.empty() ? "0" : parts.fraction, parts.unit.ten);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::result_out_of_range && parts.whole == "0") return 0.0;  // too small to tell from zero
  value = value * static_cast<double>(parts.unit.times) / static_cast<double>(parts.unit.per);
  if (error != std::errc{} || !std::isfinite(value)) return std::nullopt;
  return value;
}

template <class Q>
std::optional<Q> from_parts(const Parts& parts) {
  if constexpr (family<Q>().whole) {
    const auto value = to_whole(parts);
    return value ? std::optional<Q>{Q{*value}} : std::nullopt;
  } else {
    const auto value = to_real(parts);
    return value ? std::optional<Q>{Q{*value}} : std::nullopt;
  }
}

std::string escaped(std::string_view literal) {
  std::string text;
  for (const char c : literal) {
    if (c == '$' || c == '/' || c == '.') text += '\\';
    text += c;
  }
  return text;
}

std::string pattern_of(const Family& family) {
  const auto alternatives = [](std::span<const Unit> units) {
    std::string text;
    for (const Unit& unit : units) text += (text.empty() ? "" : "|") + escaped(unit.name);
    return text;
  };
  const std::string whole = "(0|[1-9][0-9]*)";
  const std::string fraction = "(\\.[0-9]+)?";
  if (!family.whole) return fmt::format("^{}{} ?({})$", whole, fraction, alternatives(family.units));
  return fmt::format("^{}( ?{}|{} ?({}))$", whole, escaped(family.units.front().name), fraction,
                     alternatives(family.units.subspan(1)));
}

// --- Writing -----------------------------------------------------------------------------------------------------

/// digits * 10^exponent without an exponent: ("15", -1) is 1.5.
std::string plain_decimal(std::string digits, int exponent) {
  if (digits == "0") return digits;
  if (exponent >= 0) return digits + std::string(static_cast<std::size_t>(exponent), '0');
  const auto places = static_cast<std::size_t>(-exponent);
  if (digits.size() <= places) digits.insert(0, places + 1 - digits.size(), '0');
  digits.insert(digits.size() - places, ".");
  while (digits.back() == '0') digits.pop_back();
  if (digits.back() == '.') digits.pop_back();
  return digits;
}

/// The shortest decimal that reads back as `value`, in the largest power-of-ten unit that leaves at least 1.
std::string write_real(double value, std::span<const Unit> units) {
  std::array<char, 64> buffer{};
  const auto end =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), std::abs(value), std::chars_format::scientific).ptr;
  const std::string_view scientific(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
  const auto e = scientific.find('e');
  std::string digits;
  for (const char c : scientific.substr(0, e)) {
    if (is_digit(c)) digits += c;
  }
  int magnitude = std::stoi(std::string(scientific.substr(e + 1)));
  if (value == 0) magnitude = 0;
  const Unit* chosen = &units.front();
  for (const Unit& unit : units) {
    if (unit.times == 1 && unit.per == 1 && unit.ten <= magnitude && unit.ten > chosen->ten) chosen = &unit;
  }
  const int exponent = magnitude - static_cast<int>(digits.size()) + 1 - chosen->ten;
  return fmt::format("{}{} {}", value < 0 ? "-" : "", plain_decimal(digits, exponent), chosen->name);
}

std::int64_t scale_of(const Unit& unit) {
  std::int64_t scale = unit.times;
  for (int i = 0; i < unit.ten; ++i) scale *= 10;
  return scale;
}

}  // namespace

template <class Q>
std::optional<Q> parse(std::string_view text) {
  const auto parts = take_apart(text, family<Q>());
  return parts ? from_parts<Q>(*parts) : std::nullopt;
}

template <class Q>
const UnitGrammar& unit_grammar() {
  static const std::string pattern = pattern_of(family<Q>());
  static const UnitGrammar grammar{family<Q>().what, family<Q>().examples, pattern};
  return grammar;
}

std::string format(Duration duration) {
  const auto count = duration.count();
  if (count < 0) return "-" + format(-duration);
  if (count != 0 && count % (60 * kSecond) == 0) {
    const Unit* chosen = &kDurationUnits[4];
    for (const Unit& unit : kDurationUnits) {
      if (count % scale_of(unit) == 0) chosen = &unit;
    }
    return fmt::format("{} {}", count / scale_of(*chosen), chosen->name);
  }
  const Unit* chosen = count == 0 ? &kDurationUnits[3] : &kDurationUnits[0];
  for (const Unit& unit : kDurationUnits) {
    if (unit.times == 1 && count >= scale_of(unit)) chosen = &unit;
  }
  return fmt::format("{} {}", plain_decimal(std::to_string(count), -chosen->ten), chosen->name);
}

std::string format(Bytes bytes) {
  const auto count = bytes.value();
  if (count == 0) return "0 B";
  const Unit* chosen = &kBytesUnits[0];
  for (const Unit& unit : kBytesUnits) {  // the shortest whole number; powers of two win ties
    if (count % scale_of(unit) != 0) continue;
    if (std::to_string(count / scale_of(unit)).size() <= std::to_string(count / scale_of(*chosen)).size()) {
      chosen = &unit;
    }
  }
  return fmt::format("{} {}", count / scale_of(*chosen), chosen->name);
}

std::string format(BytesPerSecond rate) {
  return write_real(rate.value(), kBytesPerSecondUnits);
}
std::string format(FlopsPerSecond rate) {
  return write_real(rate.value(), kFlopsUnits);
}
std::string format(RequestsPerSecond rate) {
  return write_real(rate.value(), kRequestUnits);
}
std::string format(Watts power) {
  return write_real(power.value(), kWattUnits);
}
std::string format(UsdPerHour price) {
  return write_real(price.value(), kUsdPerHourUnits);
}
std::string format(Usd amount) {
  return write_real(amount.value(), kUsdUnits);
}

template const UnitGrammar& unit_grammar<Duration>();
template const UnitGrammar& unit_grammar<Bytes>();
template const UnitGrammar& unit_grammar<BytesPerSecond>();
template const UnitGrammar& unit_grammar<FlopsPerSecond>();
template const UnitGrammar& unit_grammar<RequestsPerSecond>();
template const UnitGrammar& unit_grammar<Watts>();
template const UnitGrammar& unit_grammar<UsdPerHour>();
template const UnitGrammar& unit_grammar<Usd>();
template std::optional<Duration> parse<Duration>(std::string_view);
template std::optional<Bytes> parse<Bytes>(std::string_view);
template std::optional<BytesPerSecond> parse<BytesPerSecond>(std::string_view);
template std::optional<FlopsPerSecond> parse<FlopsPerSecond>(std::string_view);
template std::optional<RequestsPerSecond> parse<RequestsPerSecond>(std::string_view);
template std::optional<Watts> parse<Watts>(std::string_view);
template std::optional<UsdPerHour> parse<UsdPerHour>(std::string_view);
template std::optional<Usd> parse<Usd>(std::string_view);

}  // namespace cleave
