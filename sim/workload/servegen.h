#pragma once
// ServeGen data: how each client of a real service varied over days, in windows.

#include <cstdint>
#include <string>
#include <vector>

#include "models/units/units.h"

namespace cleave {

/// The shape of a client's gaps in one window; the mean is set by the rate.
enum class GapFamily : std::uint8_t { none, gamma, weibull };

/// One client over [start of window, start of the next). rate 0 (family none): silent.
struct ServegenWindow {
  double rate = 0;  // requests a second
  GapFamily family = GapFamily::none;
  double shape = 1;
};

struct ServegenClient {
  std::uint32_t number = 0;  // i of chunk-i-trace.csv
  std::vector<ServegenWindow> windows;
};

inline constexpr Duration kServegenWindow = std::chrono::seconds{600};

/// Reads the clients of `category` ("m-large") from a folder or tar.xz, in ascending number. Files
/// `.../<category>/chunk-<i>-trace.csv`, no header: window start s, rate, cv, family, shape, scale.
/// Errors: ConfigError for a malformed line, windows that are not 600 s apart from 0, or no client at all.
std::vector<ServegenClient> read_servegen(const std::string& path, const std::string& category);

}  // namespace cleave
