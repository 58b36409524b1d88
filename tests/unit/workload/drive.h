#pragma once
// Drives a workload to its end, as a cluster with unlimited capacity would.

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/workload/make_workload.h"

namespace cleave::test {

using Service = std::function<Duration(const Request&)>;
using Fate = std::function<Outcome(const Request&)>;

/// Serves every request for `service`, ends it as `fate` says, and returns all of them in order of emission.
inline std::vector<Request> drive(Workload& workload, const Service& service, const Fate& fate = nullptr) {
  std::vector<Request> requests;
  std::map<std::pair<TimePoint, std::uint32_t>, Outcome> in_flight;
  for (;;) {
    const auto arrival = workload.next_arrival();
    if (!in_flight.empty() && (!arrival || in_flight.begin()->first.first <= *arrival)) {
      const auto [key, outcome] = *in_flight.begin();
      in_flight.erase(in_flight.begin());
      const Request& done = requests[key.second];
      workload.finished({done.id, done.session, done.turn, outcome, key.first});
    } else if (arrival) {
      Request request;
      workload.emit(request);
      const Outcome outcome = fate ? fate(request) : Outcome::completed;
      in_flight.emplace(std::pair{request.arrival + service(request), request.id.value()}, outcome);
      requests.push_back(std::move(request));
    } else {
      return requests;
    }
  }
}

inline std::vector<Request> drive(Workload& workload, Duration service) {
  return drive(workload, [service](const Request&) { return service; });
}

inline WorkloadParams one_class(std::variant<SyntheticParams, TraceParams> traffic) {
  WorkloadParams params;
  params.classes.resize(1);
  params.classes[0].traffic = std::move(traffic);
  return params;
}

inline std::unique_ptr<Workload> workload_of(std::variant<SyntheticParams, TraceParams> traffic,
                                             std::uint64_t seed = 1) {
  return make_workload(one_class(std::move(traffic)), RngBook{seed});
}

inline std::string fixture(const std::string& name) {
  std::string path = CLEAVE_SOURCE_DIR "/tests/fixtures/traces/";
  return path.append(name);
}

inline TraceParams trace(TraceFormat format, const std::string& path) {
  TraceParams params;
  params.format = format;
  params.path = path;
  return params;
}

/// The folder of shared traces, or nothing where they are absent.
inline std::optional<std::string> shared_trace(const std::string& name) {
  const char* folder = std::getenv("CLEAVE_DATA_DIR");
  std::string path = folder != nullptr ? folder : CLEAVE_DEFAULT_DATA_DIR;
  path.append("/traces/").append(name);
  return std::filesystem::exists(path) ? std::optional(path) : std::nullopt;
}

inline double seconds(TimePoint time) {
  return to_seconds(time);
}

}  // namespace cleave::test
