#pragma once
// The device as a probe sees it: memory full of random values, and a stopwatch.

#include <cuda_runtime_api.h>

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "calibration/bench/device/arena.h"
#include "calibration/bench/device/monitor.h"
#include "calibration/bench/harness/meta.h"
#include "calibration/bench/harness/probe.h"

namespace cleave::bench {

/// Something to time. `launch(copy, stream)` enqueues it on the buffers of copy 0..copies-1: copies lie in distinct
/// memory, so that each launch inside one timed graph finds its data cold.
struct Work {
  int copies = 1;
  std::function<void(int, cudaStream_t)> launch;
  Cache cache = Cache::cold;
  /// Whether to time it inside a graph; if the launch cannot be captured, the stream is timed instead and the row says
  /// so.
  bool capture = true;
};

class Bench {
 public:
  /// Takes device 0, its memory, and fills it. Errors: DeviceError if there is none.
  Bench();
  ~Bench();
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;

  /// bf16 values, uniform over -1..1, for inputs. Kernels must not write here.
  [[nodiscard]] Arena& values() { return *values_; }
  /// FP8 (e4m3) values below 2 in magnitude.
  [[nodiscard]] Arena& values8() { return *values8_; }
  /// For outputs, workspaces and tables; zero at the start only.
  [[nodiscard]] Arena& scratch() { return *scratch_; }
  [[nodiscard]] cudaStream_t stream() const { return stream_; }
  [[nodiscard]] int multiprocessors() const { return properties_.multiProcessorCount; }
  [[nodiscard]] const cudaDeviceProp& properties() const { return properties_; }

  /// Forgets what earlier points took.
  void reset();
  /// How many copies of `bytes` fit the free part of `arena`, at most `limit`, at least 1.
  [[nodiscard]] static int copies(const Arena& arena, std::size_t bytes, int limit = 16);
  /// Copies a host table into `scratch`.
  template <typename T>
  [[nodiscard]] T* upload(const std::vector<T>& table) {
    T* device = scratch().take<T>(table.size());
    const std::size_t bytes = table.size() * sizeof(T);
    check_cuda(cudaMemcpyAsync(device, table.data(), bytes, cudaMemcpyHostToDevice, stream_), "upload");
    check_cuda(cudaStreamSynchronize(stream_), "upload");
    return device;
  }

  /// Warm-up, then repeats until the rule is content; before each repeat of cold work the L2 cache is overwritten.
  /// If the device throttled meanwhile it rests and the point is measured once more.
  [[nodiscard]] Measurement time(const Work& work, const StoppingRule& rule);
  /// Repeats `once`, which returns milliseconds. For what only the host can time.
  [[nodiscard]] Measurement time_host(const std::function<double()>& once, const StoppingRule& rule);

  /// What the device is, and in which state.
  [[nodiscard]] std::pair<Environment, Environment> describe() const;

 private:
  [[nodiscard]] Measurement time_once(const Work& work, const StoppingRule& rule);
  [[nodiscard]] double event_ms(const std::function<void()>& enqueue);
  void flush();
  void note_clocks(Measurement& m) const;

  cudaDeviceProp properties_{};
  cudaStream_t stream_ = nullptr;
  cudaEvent_t begin_ = nullptr;
  cudaEvent_t end_ = nullptr;
  std::unique_ptr<Arena> values_;
  std::unique_ptr<Arena> values8_;
  std::unique_ptr<Arena> scratch_;
  std::unique_ptr<Arena> flush_;
  std::unique_ptr<Monitor> monitor_;
};

}  // namespace cleave::bench
