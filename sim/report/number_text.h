#pragma once
// Numbers as the result files write them. Exact, independent of the locale, and fast enough for a row a request.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "models/units/units.h"

namespace cleave {

/// The longest text of one number, its sign and point included.
inline constexpr std::size_t kNumberWidth = 24;

/// Write at `to`, where kNumberWidth bytes are free, and return the end. For rows that are put together by the million.
[[nodiscard]] char* write_integer(char* to, std::int64_t value);
[[nodiscard]] char* write_seconds(char* to, Duration duration);

void append_integer(std::string& out, std::int64_t value);
void append_integer(std::string& out, std::uint64_t value);

/// Seconds with nine decimals: every nanosecond is kept.
void append_seconds(std::string& out, Duration duration);
inline void append_seconds(std::string& out, TimePoint time) {
  append_seconds(out, time.time_since_epoch());
}

/// The shortest decimal that reads back as the same double.
void append_real(std::string& out, double value);

/// A CSV field, quoted where it must be (RFC 4180).
void append_csv_text(std::string& out, std::string_view text);

}  // namespace cleave
