#pragma once
// When open-loop traffic arrives, whatever becomes of it.

#include <memory>
#include <optional>
#include <string>

#include "models/units/units.h"
#include "sim/core/rng.h"
#include "sim/workload/params.h"

namespace cleave {

/// A stream of arrival times that never decreases.
class ArrivalProcess {
 public:
  virtual ~ArrivalProcess() = default;
  /// nullopt when there will be no more.
  virtual std::optional<TimePoint> next() = 0;
};

// Each factory checks its parameters. Errors: ConfigError that begins with `path`, the key path of the field.

/// The first arrival comes one gap after the start.
std::unique_ptr<ArrivalProcess> make_poisson(const PoissonArrivals&, Rng, const std::string& path);
/// Independent gamma gaps with the given coefficient of variation.
std::unique_ptr<ArrivalProcess> make_gamma(const GammaArrivals&, Rng, const std::string& path);
/// Arrival k comes at k/rate, k = 0, 1, ...: no drift.
std::unique_ptr<ArrivalProcess> make_deterministic(const DeterministicArrivals&, const std::string& path);
/// A Poisson process whose rate is linear between points; the first and last rates hold outside them.
std::unique_ptr<ArrivalProcess> make_piecewise(const PiecewiseArrivals&, Rng, const std::string& path);
/// Superposed clients of a ServeGen data set; ends with its windows.
std::unique_ptr<ArrivalProcess> make_servegen(const ServegenArrivals&, Rng, const std::string& path);

/// Whichever of the above `params` names; nullptr for a closed loop, which has no arrivals of its own.
std::unique_ptr<ArrivalProcess> make_arrivals(const ArrivalParams& params, Rng rng, const std::string& path);

}  // namespace cleave
