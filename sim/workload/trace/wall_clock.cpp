#include "sim/workload/trace/wall_clock.h"

#include <chrono>
#include <cstdint>

namespace cleave {

namespace {

// Takes fixed text apart from the left.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  /// Exactly `digits` digits, at most `most`.
  int number(std::size_t digits, int least, int most) {
    int value = 0;
    for (std::size_t i = 0; i < digits; ++i) value = value * 10 + digit();
    ok_ = ok_ && value >= least && value <= most;
    return value;
  }
  void expect(char c) {
    if (!accept(c)) ok_ = false;
  }
  bool accept(char c) {
    if (text_.empty() || text_.front() != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  /// Digits after a decimal point, as nanoseconds.
  std::int64_t fraction() {
    std::int64_t value = 0;
    std::int64_t unit = 1'000'000'000;
    ok_ = ok_ && !text_.empty();
    while (!text_.empty() && text_.front() >= '0' && text_.front() <= '9') {
      unit /= 10;
      ok_ = ok_ && unit > 0;
      value += unit * digit();
    }
    return value;
  }
  [[nodiscard]] bool done() const { return ok_ && text_.empty(); }

 private:
  int digit() {
    if (text_.empty() || text_.front() < '0' || text_.front() > '9') {
      ok_ = false;
      return 0;
    }
    const int value = text_.front() - '0';
    text_.remove_prefix(1);
    return value;
  }
  std::string_view text_;
  bool ok_ = true;
};

}  // namespace

std::optional<Duration> wall_clock(std::string_view text) {
  using namespace std::chrono;
  Scanner scan(text);
  const int year_number = scan.number(4, 1970, 2200);
  scan.expect('-');
  const auto month_number = static_cast<unsigned>(scan.number(2, 1, 12));
  scan.expect('-');
  const auto day_number = static_cast<unsigned>(scan.number(2, 1, 31));
  if (!scan.accept('T')) scan.expect(' ');
  Duration of_day = hours{scan.number(2, 0, 23)};
  scan.expect(':');
  of_day += minutes{scan.number(2, 0, 59)};
  scan.expect(':');
  of_day += seconds{scan.number(2, 0, 59)};
  if (scan.accept('.')) of_day += Duration{scan.fraction()};
  if (!scan.accept('Z')) {
    const bool east = scan.accept('+');
    if (east || scan.accept('-')) {
      Duration offset = hours{scan.number(2, 0, 14)};
      scan.expect(':');
      offset += minutes{scan.number(2, 0, 59)};
      of_day -= east ? offset : -offset;
    }
  }
  const year_month_day date{year{year_number}, month{month_number}, day{day_number}};
  if (!scan.done() || !date.ok()) return std::nullopt;
  return sys_days{date}.time_since_epoch() + of_day;
}

}  // namespace cleave
