#include "sim/report/number_text.h"

#include <array>
#include <charconv>
#include <cstring>

namespace cleave {
namespace {

template <class Number>
void append_number(std::string& out, Number value) {
  std::array<char, 32> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  out.append(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
}

/// "00" ... "99", one after another: two digits at a time halve the divisions.
constexpr auto kDigitPairs = [] {
  std::array<char, 200> pairs{};
  for (std::size_t i = 0; i < 100; ++i) {
    pairs[2 * i] = static_cast<char>('0' + i / 10);
    pairs[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return pairs;
}();

void write_nine_digits(char* to, std::uint32_t value) {
  for (std::size_t at = 7;; at -= 2) {
    std::memcpy(to + at, &kDigitPairs[2 * std::size_t{value % 100}], 2);
    value /= 100;
    if (at == 1) break;
  }
  to[0] = static_cast<char>('0' + value);
}

}  // namespace

char* write_integer(char* to, std::int64_t value) {
  return std::to_chars(to, to + kNumberWidth, value).ptr;
}

char* write_seconds(char* to, Duration duration) {
  constexpr std::uint64_t kNanoseconds = 1'000'000'000;
  const auto count = duration.count();
  const auto magnitude = count < 0 ? ~static_cast<std::uint64_t>(count) + 1 : static_cast<std::uint64_t>(count);
  if (count < 0) *to++ = '-';
  to = std::to_chars(to, to + kNumberWidth, magnitude / kNanoseconds).ptr;
  *to++ = '.';
  write_nine_digits(to, static_cast<std::uint32_t>(magnitude % kNanoseconds));
  return to + 9;
}

void append_integer(std::string& out, std::int64_t value) {
  append_number(out, value);
}
void append_integer(std::string& out, std::uint64_t value) {
  append_number(out, value);
}
void append_real(std::string& out, double value) {
  append_number(out, value);
}

void append_seconds(std::string& out, Duration duration) {
  std::array<char, kNumberWidth> buffer;
  const char* end = write_seconds(buffer.data(), duration);
  out.append(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
}

void append_csv_text(std::string& out, std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
    out += text;
    return;
  }
  out += '"';
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

}  // namespace cleave
