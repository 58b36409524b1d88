// Distance: what TCP sustains over it, and for which models shipping KV over it beats computing it again.

#include <catch2/catch.hpp>

#include "models/arch/kv_footprint.h"
#include "models/arch/parameters.h"
#include "models/transfer/wan_tcp.h"
#include "tests/unit/models/specs.h"

namespace cleave {
namespace {

using namespace std::chrono_literals;

constexpr double kLink = 12.5e9;  // 100 Gb/s, in bytes

/// Time to ship a token's 16-bit KV over the link, in microseconds.
double ship_us(const std::string& model) {
  return kv_footprint(catalogue().llm(model), {}).growing / kLink * 1e6;
}

/// The facts' own estimate of computing a token on eight H100: two operations a parameter at 45 % of 989 TFLOPS each.
double compute_us(double active_parameters) {
  return 2 * active_parameters / (8 * 989e12 * 0.45) * 1e6;
}

}  // namespace

TEST_CASE("TCP sends a window of each connection in a round trip, and less where segments get lost") {
  const WanTcp tcp{Bytes{1'000'000}, 10, 0, Bytes{1460}};
  CHECK(wan_tcp_rate(tcp, 100ms).value() == Approx(1e8));
  CHECK(wan_tcp_rate(tcp, 50ms).value() == Approx(2e8));
  WanTcp lossy = tcp;
  lossy.loss = 1e-4;  // 1.22 * 1460 / 0.01 = 178 120 bytes a round trip and connection
  CHECK(wan_tcp_rate(lossy, 100ms).value() == Approx(1.7812e7));
  lossy.loss = 1e-9;  // the window is the narrower bound again
  CHECK(wan_tcp_rate(lossy, 100ms).value() == Approx(1e8));
}

// Source: the break-evens of geographic prefix federation: per token at 100 Gb/s 26 us of Llama-70B against 39 us of
// its prefill on eight H100, 5.6 against 20.8 of DeepSeek-V3 (3.7 times), 0.65 against 1.7 of Kimi Linear (2.6 times).
TEST_CASE(
    "shipping a token over 100 Gb/s against computing it: Llama-70B is marginal, DeepSeek-V3 and Kimi Linear win") {
  CHECK(ship_us("llama-3.1-70b") == Approx(26.2).epsilon(0.01));
  CHECK(compute_us(70e9) == Approx(39.3).epsilon(0.01));
  CHECK(compute_us(70e9) / ship_us("llama-3.1-70b") == Approx(1.5).epsilon(0.01));
  CHECK(ship_us("deepseek-v3") == Approx(5.62).epsilon(0.01));
  CHECK(compute_us(37e9) / ship_us("deepseek-v3") == Approx(3.7).epsilon(0.01));
  CHECK(ship_us("kimi-linear-48b-a3b") == Approx(0.645).epsilon(0.01));
  CHECK(compute_us(3e9) / ship_us("kimi-linear-48b-a3b") == Approx(2.6).epsilon(0.01));
}

}  // namespace cleave
