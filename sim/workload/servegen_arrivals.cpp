// Superposed clients of a ServeGen data set. Each client is a renewal process in "expected arrivals so far": gaps of
// mean one with the window's shape, stretched by its rate. So every window has its own rate and burstiness, silent
// windows cost nothing, and no arrival is lost or doubled where windows meet.

#include <cmath>
#include <queue>
#include <vector>

#include "sim/workload/arrival_process.h"
#include "sim/workload/param_check.h"
#include "sim/workload/servegen.h"

namespace cleave {

namespace {

double gap_of_mean_one(Rng& rng, const ServegenWindow& window) {
  if (window.family == GapFamily::weibull)
    return weibull(rng, window.shape, 1.0 / std::tgamma(1.0 + 1.0 / window.shape));
  return gamma(rng, window.shape, 1.0 / window.shape);
}

// What is left, at a random moment, of the gap that covers it: so that the process starts as if it had always run.
// Long gaps cover more moments, hence the length-biased form of each family.
double remainder_of_gap(Rng& rng, const ServegenWindow& window) {
  const double seen = uniform01(rng);
  if (window.family == GapFamily::weibull) {
    const double scale = 1.0 / std::tgamma(1.0 + 1.0 / window.shape);
    return seen * scale * std::pow(gamma(rng, 1.0 + 1.0 / window.shape, 1.0), 1.0 / window.shape);
  }
  return seen * gamma(rng, window.shape + 1.0, 1.0 / window.shape);
}

class Client {
 public:
  Client(std::vector<ServegenWindow> windows, double rate_scale, Duration from, Rng rng)
      : windows_(std::move(windows)), rate_scale_(rate_scale), rng_(rng) {
    window_ = static_cast<std::size_t>(from / kServegenWindow);
    offset_ = to_seconds(from % kServegenWindow);
    from_ = to_seconds(from);
  }

  std::optional<TimePoint> next() {
    if (!skip_silence()) return std::nullopt;
    double wanted = started_ ? gap_of_mean_one(rng_, windows_[window_]) : remainder_of_gap(rng_, windows_[window_]);
    started_ = true;
    for (;;) {
      const double rate = windows_[window_].rate * rate_scale_;
      const double expected = rate * (length() - offset_);
      if (wanted <= expected) {
        offset_ += wanted / rate;
        return kStartOfTime + nearest_nanosecond(static_cast<double>(window_) * length() + offset_ - from_);
      }
      wanted -= expected;
      ++window_;
      offset_ = 0;
      if (!skip_silence()) return std::nullopt;
    }
  }

 private:
  static double length() { return to_seconds(kServegenWindow); }
  bool skip_silence() {
    while (window_ < windows_.size() && windows_[window_].rate <= 0) {
      ++window_;
      offset_ = 0;
    }
    return window_ < windows_.size();
  }

  std::vector<ServegenWindow> windows_;
  double rate_scale_;
  Rng rng_;
  std::size_t window_ = 0;
  double offset_ = 0;  // seconds into the window
  double from_ = 0;
  bool started_ = false;
};

class Servegen final : public ArrivalProcess {
 public:
  Servegen(std::vector<ServegenClient> clients, const ServegenArrivals& params, Rng rng) {
    clients_.reserve(clients.size());
    for (ServegenClient& client : clients) {
      clients_.emplace_back(std::move(client.windows), params.rate_scale, params.from, rng.below(client.number));
    }
    for (std::size_t i = 0; i < clients_.size(); ++i) arm(i);
  }

  std::optional<TimePoint> next() override {
    if (due_.empty()) return std::nullopt;
    const auto [time, client] = due_.top();
    due_.pop();
    arm(client);
    return time;
  }

 private:
  using Due = std::pair<TimePoint, std::size_t>;  // ties: the lower client first
  void arm(std::size_t client) {
    if (const auto time = clients_[client].next()) due_.emplace(*time, client);
  }
  std::vector<Client> clients_;
  std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;
};

}  // namespace

std::unique_ptr<ArrivalProcess> make_servegen(const ServegenArrivals& params, Rng rng, const std::string& path) {
  require_positive(params.rate_scale, path, "rate_scale");
  require(params.from >= Duration::zero(), path, "from", to_seconds(params.from), "zero or more");
  require(!params.path.empty(), path, "path", "\"\"", "a ServeGen folder or tar.xz");
  return std::make_unique<Servegen>(read_servegen(params.path, params.category), params, rng);
}

}  // namespace cleave
