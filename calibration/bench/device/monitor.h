#pragma once
// Clocks and throttling, from the driver's management library, which is loaded at run time and may be missing.

#include <optional>
#include <string>

namespace cleave::bench {

class Monitor {
 public:
  /// `pci_bus`: of the device, as CUDA names it. Finds the library or stays silent.
  explicit Monitor(const std::string& pci_bus);
  ~Monitor();
  Monitor(const Monitor&) = delete;
  Monitor& operator=(const Monitor&) = delete;

  [[nodiscard]] std::optional<double> sm_clock_mhz() const;
  [[nodiscard]] std::optional<double> max_sm_clock_mhz() const;
  [[nodiscard]] std::optional<double> memory_clock_mhz() const;
  /// Whether heat or the board slows the clocks down. A power cap is not counted: it is how dense products run.
  [[nodiscard]] std::optional<bool> throttled() const;
  [[nodiscard]] std::optional<std::string> driver() const;

 private:
  struct Library;
  Library* library_ = nullptr;
};

}  // namespace cleave::bench
