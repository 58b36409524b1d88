#include "calibration/bench/device/monitor.h"

#include <dlfcn.h>

#include <array>

namespace cleave::bench {

// The few entry points that are used, by their documented C signatures; 0 is success.
struct Monitor::Library {
  void* handle = nullptr;
  void* device = nullptr;
  int (*clock)(void*, int, unsigned*) = nullptr;
  int (*max_clock)(void*, int, unsigned*) = nullptr;
  int (*reasons)(void*, unsigned long long*) = nullptr;
  int (*driver)(char*, unsigned) = nullptr;
};

namespace {

constexpr int kSmClock = 1;
constexpr int kMemoryClock = 2;
// HW slowdown, SW thermal slowdown, HW thermal slowdown, HW power brake.
constexpr unsigned long long kThrottle = 0x8 | 0x20 | 0x40 | 0x80;

template <typename F>
bool find(void* handle, const char* name, F& function) {
  function = reinterpret_cast<F>(dlsym(handle, name));
  return function != nullptr;
}

std::optional<double> clock_of(int (*read)(void*, int, unsigned*), void* device, int which) {
  unsigned mhz = 0;
  if (read(device, which, &mhz) != 0) return std::nullopt;
  return static_cast<double>(mhz);
}

}  // namespace

Monitor::Monitor(const std::string& pci_bus) {
  void* handle = dlopen("libnvidia-ml.so.1", RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) return;
  auto library = Library{};
  library.handle = handle;
  int (*init)() = nullptr;
  int (*by_bus)(const char*, void**) = nullptr;
  const bool complete = find(handle, "nvmlInit_v2", init) && find(handle, "nvmlDeviceGetHandleByPciBusId_v2", by_bus) &&
                        find(handle, "nvmlDeviceGetClockInfo", library.clock) &&
                        find(handle, "nvmlDeviceGetMaxClockInfo", library.max_clock) &&
                        find(handle, "nvmlDeviceGetCurrentClocksThrottleReasons", library.reasons) &&
                        find(handle, "nvmlSystemGetDriverVersion", library.driver);
  if (complete && init() == 0 && by_bus(pci_bus.c_str(), &library.device) == 0) {
    library_ = new Library(library);
  } else {
    dlclose(handle);
  }
}

Monitor::~Monitor() {
  if (library_ == nullptr) return;
  dlclose(library_->handle);
  delete library_;
}

std::optional<double> Monitor::sm_clock_mhz() const {
  if (library_ == nullptr) return std::nullopt;
  return clock_of(library_->clock, library_->device, kSmClock);
}

std::optional<double> Monitor::max_sm_clock_mhz() const {
  if (library_ == nullptr) return std::nullopt;
  return clock_of(library_->max_clock, library_->device, kSmClock);
}

std::optional<double> Monitor::memory_clock_mhz() const {
  if (library_ == nullptr) return std::nullopt;
  return clock_of(library_->clock, library_->device, kMemoryClock);
}

std::optional<bool> Monitor::throttled() const {
  unsigned long long reasons = 0;
  if (library_ == nullptr || library_->reasons(library_->device, &reasons) != 0) return std::nullopt;
  return (reasons & kThrottle) != 0;
}

std::optional<std::string> Monitor::driver() const {
  std::array<char, 96> text{};
  if (library_ == nullptr || library_->driver(text.data(), text.size()) != 0) return std::nullopt;
  return std::string(text.data());
}

}  // namespace cleave::bench
