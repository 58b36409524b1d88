#pragma once
// Numbers as people read them: three significant digits and a fitting unit. For text and HTML; files for programs use
// number_text.h.

#include <cstdint>
#include <string>
#include <string_view>

namespace cleave::human {

/// "123 ns", "4.56 ms", "12.3 s", "20.5 min", "3.2 h".
[[nodiscard]] std::string duration(double seconds);
/// "1,234,567".
[[nodiscard]] std::string count(std::int64_t value);
/// "1.23", "45.6", "1,230".
[[nodiscard]] std::string real(double value);
/// "1.23 GB".
[[nodiscard]] std::string bytes(double value);
/// "97.2 %". 0 % and 100 % only when exactly that.
[[nodiscard]] std::string percent(double fraction);
/// "$1,230", "$12.34", "$0.0123".
[[nodiscard]] std::string usd(double value);
/// "1.2M": short, for axes.
[[nodiscard]] std::string compact(double value);

/// "requests_lost" as "requests lost".
[[nodiscard]] std::string words(std::string_view identifier);

}  // namespace cleave::human
