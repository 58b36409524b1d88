#include <catch2/catch.hpp>

#include <cstdint>
#include <limits>
#include <random>
#include <regex>
#include <string>
#include <vector>

#include "models/units/text.h"

namespace cleave {
namespace {

TEST_CASE("sizes keep powers of two and of ten apart, exactly") {
  CHECK(parse<Bytes>("80 GiB") == Bytes{85899345920});
  CHECK(parse<Bytes>("80GiB") == Bytes{85899345920});
  CHECK(parse<Bytes>("80 GB") == Bytes{80'000'000'000});
  CHECK(parse<Bytes>("1 KiB") == Bytes{1024});
  CHECK(parse<Bytes>("1 kB") == Bytes{1000});
  CHECK(parse<Bytes>("1.5 MiB") == Bytes{1572864});
  CHECK(parse<Bytes>("1.1 GiB") == Bytes{1181116006});  // 1181116006.4
  CHECK(parse<Bytes>("0 B") == Bytes{0});
  CHECK(parse<Bytes>("8191 PiB") == Bytes{8191LL << 50});
}

TEST_CASE("bandwidths keep bits and bytes apart") {
  CHECK(parse<BytesPerSecond>("400 Gb/s") == BytesPerSecond{50e9});
  CHECK(parse<BytesPerSecond>("50 GB/s") == BytesPerSecond{50e9});
  CHECK(parse<BytesPerSecond>("8 b/s") == BytesPerSecond{1});
  CHECK(parse<BytesPerSecond>("1 GiB/s") == BytesPerSecond{1073741824});
  CHECK(parse<BytesPerSecond>("3.35 TB/s") == BytesPerSecond{3.35e12});
}

TEST_CASE("times are whole nanoseconds, exactly") {
  CHECK(parse<Duration>("1.5 ms") == Duration{1'500'000});
  CHECK(parse<Duration>("5 us") == Duration{5'000});
  CHECK(parse<Duration>("7 ns") == Duration{7});
  CHECK(parse<Duration>("0.1 s") == Duration{100'000'000});
  CHECK(parse<Duration>("2 min") == std::chrono::minutes{2});
  CHECK(parse<Duration>("1.5 h") == std::chrono::minutes{90});
  CHECK(parse<Duration>("14 d") == std::chrono::hours{336});
  CHECK(parse<Duration>("9223372036.854775807 s") == Duration::max());
  CHECK(parse<Duration>("0.0004 us") == Duration{0});
  CHECK(parse<Duration>("0.0005 us") == Duration{1});
}

TEST_CASE("rates, power and money have their own units") {
  CHECK(parse<RequestsPerSecond>("8 req/s") == RequestsPerSecond{8});
  CHECK(parse<RequestsPerSecond>("8 /s") == RequestsPerSecond{8});
  CHECK(parse<RequestsPerSecond>("90 req/min") == RequestsPerSecond{1.5});
  CHECK(parse<RequestsPerSecond>("1800 /h") == RequestsPerSecond{0.5});
  CHECK(parse<FlopsPerSecond>("989 TFLOPS") == FlopsPerSecond{989e12});
  CHECK(parse<FlopsPerSecond>("989.4 TFLOPS") == FlopsPerSecond{989.4e12});
  CHECK(parse<Watts>("700 W") == Watts{700});
  CHECK(parse<Watts>("1.2 kW") == Watts{1200});
  CHECK(parse<UsdPerHour>("2.5 $/h") == UsdPerHour{2.5});
  CHECK(parse<UsdPerHour>("2.5 USD/h") == UsdPerHour{2.5});
  CHECK(parse<Usd>("0.02 $") == Usd{0.02});
}

template <class Q>
void refuses(const std::vector<std::string>& texts) {
  for (const std::string& text : texts) {
    INFO(text);
    CHECK_FALSE(parse<Q>(text).has_value());
  }
}

TEST_CASE("what is no quantity is refused") {
  refuses<Bytes>({"",        "80",      "GiB",     "-1 GiB",  "+1 GiB", "80 gib",  "80 GIB",  "80 Gb",
                  "80 GB/s", "80  GiB", " 80 GiB", "80 GiB ", "1.5 B",  "1. GiB",  ".5 GiB",  "1e3 GiB",
                  "010 GiB", "1_000 B", "inf B",   "nan B",   "0x1 B",  "1,5 GiB", "80\tGiB", "80 KB"});
  refuses<Duration>({"5", "5 sec", "5 m", "5 M", "1.5 ns", "-5 us", "5 us 3 ns", "5 us/s"});
  refuses<BytesPerSecond>({"400 Gb", "400 Gbps", "400 gb/s", "400"});
  refuses<RequestsPerSecond>({"8", "8 req", "8 Hz", "8 req/d"});
  refuses<UsdPerHour>({"2.5 $", "$2.5/h", "2.5"});
  refuses<Usd>({"2.5 $/h", "$2"});
  refuses<Watts>({"700", "700 w", "700 J"});
  refuses<FlopsPerSecond>({"989 TFLOP", "989 T", "989"});
}

TEST_CASE("what does not fit the type is refused, not wrapped") {
  CHECK(parse<Bytes>("9223372036854775807 B") == Bytes{std::numeric_limits<std::int64_t>::max()});
  refuses<Bytes>({"9223372036854775808 B", "8192 PiB", "99999999999999999999 B", "18446744073709551616 PiB"});
  refuses<Duration>({"9223372036854775808 ns", "106752 d", "9223372036.854775808 s"});
  refuses<Watts>({std::string("1").append(400, '0') + " W"});
}

template <class Q>
void check_round_trip(const Q& value) {
  const std::string text = format(value);
  INFO(text);
  CHECK(parse<Q>(text) == value);
  CHECK(std::regex_match(text, std::regex(std::string(unit_grammar<Q>().pattern))));
}

TEST_CASE("a quantity that is written and read again is the same") {
  std::mt19937_64 draw(7);
  for (int i = 0; i < 2000; ++i) {
    const auto whole = static_cast<std::int64_t>(draw() >> (1 + draw() % 63));
    const double real = std::ldexp(static_cast<double>(draw()), static_cast<int>(draw() % 120) - 90);
    INFO(whole << " " << real);
    check_round_trip(Duration{whole});
    check_round_trip(Bytes{whole});
    check_round_trip(BytesPerSecond{real});
    check_round_trip(FlopsPerSecond{real});
    check_round_trip(RequestsPerSecond{real});
    check_round_trip(Watts{real});
    check_round_trip(UsdPerHour{real});
    check_round_trip(Usd{real});
  }
  check_round_trip(Duration{0});
  check_round_trip(Bytes{0});
  check_round_trip(Watts{0});
  check_round_trip(BytesPerSecond{std::numeric_limits<double>::max()});
  check_round_trip(BytesPerSecond{std::numeric_limits<double>::denorm_min()});
}

TEST_CASE("a quantity is written the way a person would") {
  CHECK(format(Bytes{85899345920}) == "80 GiB");
  CHECK(format(Bytes{512'000'000}) == "512 MB");
  CHECK(format(Bytes{1025}) == "1025 B");
  CHECK(format(Duration{1'500'000}) == "1.5 ms");
  CHECK(format(Duration{0}) == "0 s");
  CHECK(format(Duration{-5'000}) == "-5 us");
  CHECK(format(std::chrono::minutes{90}) == "90 min");
  CHECK(format(std::chrono::hours{48}) == "2 d");
  CHECK(format(std::chrono::milliseconds{90'500}) == "90.5 s");
  CHECK(format(BytesPerSecond{50e9}) == "50 GB/s");
  CHECK(format(BytesPerSecond{3.35e12}) == "3.35 TB/s");
  CHECK(format(FlopsPerSecond{989.4e12}) == "989.4 TFLOPS");
  CHECK(format(RequestsPerSecond{0.5}) == "0.5 req/s");
  CHECK(format(Watts{700}) == "700 W");
  CHECK(format(UsdPerHour{2.5}) == "2.5 $/h");
  CHECK(format(Usd{0.02}) == "0.02 $");
}

template <class Q>
void check_grammar(const std::vector<std::string>& units) {
  const std::regex pattern(std::string(unit_grammar<Q>().pattern));
  for (const std::string number :
       {"0", "1", "10", "007", "1.5", "0.25", "1.", ".5", "-1", "+1", "1e3", "", "1,5", "1 0"}) {
    for (const std::string space : {"", " ", "  ", "\t"}) {
      for (const std::string& unit : units) {
        for (const std::string tail : {"", " ", "x"}) {
          const std::string text = number + space + unit + tail;
          INFO("\"" << text << "\"");
          CHECK(std::regex_search(text, pattern) == parse<Q>(text).has_value());
        }
      }
    }
  }
}

TEST_CASE("the schema's pattern accepts exactly what is read") {
  const std::vector<std::string> units{"",      "ns",    "us",   "ms",     "s",     "min",   "h",       "d",
                                       "B",     "kB",    "KB",   "MB",     "GB",    "GiB",   "PiB",     "b",
                                       "Gb",    "B/s",   "GB/s", "Gb/s",   "kb/s",  "GiB/s", "TiB/s",   "Gib/s",
                                       "FLOPS", "W",     "kW",   "TFLOPS", "req/s", "/s",    "req/min", "/min",
                                       "/h",    "req/h", "$/h",  "USD/h",  "$",     "USD",   "x",       "MW"};
  check_grammar<Duration>(units);
  check_grammar<Bytes>(units);
  check_grammar<BytesPerSecond>(units);
  check_grammar<FlopsPerSecond>(units);
  check_grammar<RequestsPerSecond>(units);
  check_grammar<Watts>(units);
  check_grammar<UsdPerHour>(units);
  check_grammar<Usd>(units);
}

}  // namespace
}  // namespace cleave
