#include "sim/workload/arrival_process.h"

#include <variant>

#include "sim/workload/param_check.h"

namespace cleave {

namespace {

class Poisson final : public ArrivalProcess {
 public:
  Poisson(double mean_gap, Rng rng) : mean_gap_(mean_gap), rng_(rng) {}
  std::optional<TimePoint> next() override {
    time_ += nearest_nanosecond(exponential(rng_, mean_gap_));
    return time_;
  }

 private:
  double mean_gap_;
  Rng rng_;
  TimePoint time_;
};

class Gamma final : public ArrivalProcess {
 public:
  Gamma(double shape, double scale, Rng rng) : shape_(shape), scale_(scale), rng_(rng) {}
  std::optional<TimePoint> next() override {
    time_ += nearest_nanosecond(gamma(rng_, shape_, scale_));
    return time_;
  }

 private:
  double shape_;
  double scale_;
  Rng rng_;
  TimePoint time_;
};

class Deterministic final : public ArrivalProcess {
 public:
  explicit Deterministic(double rate) : rate_(rate) {}
  std::optional<TimePoint> next() override {
    return kStartOfTime + nearest_nanosecond(static_cast<double>(count_++) / rate_);
  }

 private:
  double rate_;
  std::uint64_t count_ = 0;
};

}  // namespace

std::unique_ptr<ArrivalProcess> make_poisson(const PoissonArrivals& params, Rng rng, const std::string& path) {
  require_positive(params.rate.value(), path, "rate");
  return std::make_unique<Poisson>(1.0 / params.rate.value(), rng);
}

std::unique_ptr<ArrivalProcess> make_gamma(const GammaArrivals& params, Rng rng, const std::string& path) {
  require_positive(params.rate.value(), path, "rate");
  require_positive(params.cv, path, "cv");
  // cv^2 = 1/shape, mean = shape * scale.
  const double shape = 1.0 / (params.cv * params.cv);
  return std::make_unique<Gamma>(shape, 1.0 / (params.rate.value() * shape), rng);
}

std::unique_ptr<ArrivalProcess> make_deterministic(const DeterministicArrivals& params, const std::string& path) {
  require_positive(params.rate.value(), path, "rate");
  return std::make_unique<Deterministic>(params.rate.value());
}

std::unique_ptr<ArrivalProcess> make_arrivals(const ArrivalParams& params, Rng rng, const std::string& path) {
  if (const auto* poisson = std::get_if<PoissonArrivals>(&params)) return make_poisson(*poisson, rng, path);
  if (const auto* bursty = std::get_if<GammaArrivals>(&params)) return make_gamma(*bursty, rng, path);
  if (const auto* even = std::get_if<DeterministicArrivals>(&params)) return make_deterministic(*even, path);
  if (const auto* varying = std::get_if<PiecewiseArrivals>(&params)) return make_piecewise(*varying, rng, path);
  if (const auto* clients = std::get_if<ServegenArrivals>(&params)) return make_servegen(*clients, rng, path);
  return nullptr;
}

}  // namespace cleave
