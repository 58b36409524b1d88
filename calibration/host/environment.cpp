#include <fmt/format.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <thread>

#include "calibration/host/host_probes.h"

namespace cleave::bench {
namespace {

std::string processor() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  }
  return "unknown";
}

}  // namespace

std::pair<Environment, Environment> describe_host() {
  utsname system{};
  (void)uname(&system);
  const long pages = sysconf(_SC_PHYS_PAGES);
  const long page = sysconf(_SC_PAGESIZE);
  double load[1] = {0};
  (void)getloadavg(load, 1);
  return {{{"processor", processor()},
           {"cores", std::to_string(std::thread::hardware_concurrency())},
           {"memory_gib", std::to_string((pages / 1024) * (page / 1024) / 1024)},
           {"kernel", std::string(system.sysname) + " " + system.release}},
          {{"load_average", fmt::format("{:.2f}", load[0])}}};
}

double now_ms() {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

Measurement time_repeats(const std::function<double()>& once, const StoppingRule& rule, Cache cache) {
  (void)once();
  Sampler sampler(rule);
  while (!sampler.done()) {
    const double ms = once();
    sampler.add(ms, ms / 1000);
  }
  Measurement m;
  m.latency = sampler.estimate();
  m.repeats = sampler.repeats();
  m.cache = cache;
  m.timed = Timed::host;
  return m;
}

}  // namespace cleave::bench
