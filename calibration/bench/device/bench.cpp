#include "calibration/bench/device/bench.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <thread>

#include "calibration/bench/device/cudnn.h"
#include "calibration/bench/kernels/fill.h"

namespace cleave::bench {
namespace {

constexpr std::size_t kGiB = std::size_t{1} << 30;
/// A timed repeat should last this long, so that the clock's step of about half a microsecond does not show.
constexpr double kWantedMs = 0.2;

/// A graph of launches, or nothing if they cannot be captured.
cudaGraphExec_t captured(const Work& work, int launches, cudaStream_t stream) {
  cudaGraph_t graph = nullptr;
  if (cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal) != cudaSuccess) return nullptr;
  bool complete = true;
  try {
    for (int i = 0; i < launches; ++i) work.launch(i, stream);
  } catch (const std::exception&) {
    complete = false;
  }
  complete = cudaStreamEndCapture(stream, &graph) == cudaSuccess && complete;
  cudaGraphExec_t executable = nullptr;
  if (complete && cudaGraphInstantiate(&executable, graph, 0) != cudaSuccess) executable = nullptr;
  if (graph != nullptr) cudaGraphDestroy(graph);
  (void)cudaGetLastError();
  return executable;
}

std::string version_text(int version) {
  return std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
}

std::string number_text(std::optional<double> value) {
  return value ? std::to_string(static_cast<long>(std::lround(*value))) : "unknown";
}

}  // namespace

Bench::Bench() {
  check_cuda(cudaSetDevice(0), "cudaSetDevice");
  check_cuda(cudaGetDeviceProperties(&properties_, 0), "cudaGetDeviceProperties");
  check_cuda(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "cudaStreamCreate");
  check_cuda(cudaEventCreate(&begin_), "cudaEventCreate");
  check_cuda(cudaEventCreate(&end_), "cudaEventCreate");
  std::size_t free = 0;
  std::size_t total = 0;
  check_cuda(cudaMemGetInfo(&free, &total), "cudaMemGetInfo");
  const auto l2 = static_cast<std::size_t>(properties_.l2CacheSize);
  flush_ = std::make_unique<Arena>(std::max<std::size_t>(4 * l2, 64 << 20));
  values_ = std::make_unique<Arena>(std::min(free / 100 * 50, 40 * kGiB));
  values8_ = std::make_unique<Arena>(std::min(free / 100 * 10, 4 * kGiB));
  scratch_ = std::make_unique<Arena>(std::min(free / 100 * 20, 12 * kGiB));
  fill_random_bf16(values_->data(), values_->size(), stream_);
  fill_random_fp8(values8_->data(), values8_->size(), stream_);
  check_cuda(cudaMemsetAsync(scratch_->data(), 0, scratch_->size(), stream_), "cudaMemset");
  check_cuda(cudaStreamSynchronize(stream_), "filling memory");
  std::array<char, 32> bus{};
  check_cuda(cudaDeviceGetPCIBusId(bus.data(), static_cast<int>(bus.size()), 0), "cudaDeviceGetPCIBusId");
  monitor_ = std::make_unique<Monitor>(bus.data());
}

Bench::~Bench() {
  cudaEventDestroy(begin_);
  cudaEventDestroy(end_);
  cudaStreamDestroy(stream_);
}

void Bench::reset() {
  values_->reset();
  values8_->reset();
  scratch_->reset();
}

int Bench::copies(const Arena& arena, std::size_t bytes, int limit) {
  const std::size_t fit = arena.free_bytes() / (bytes + 4096);
  return static_cast<int>(std::clamp<std::size_t>(fit, 1, static_cast<std::size_t>(limit)));
}

void Bench::flush() {
  check_cuda(cudaMemsetAsync(flush_->data(), 0x5a, flush_->size(), stream_), "flush");
}

double Bench::event_ms(const std::function<void()>& enqueue) {
  check_cuda(cudaEventRecord(begin_, stream_), "cudaEventRecord");
  enqueue();
  check_cuda(cudaEventRecord(end_, stream_), "cudaEventRecord");
  check_cuda(cudaEventSynchronize(end_), "timed work");
  float ms = 0;
  check_cuda(cudaEventElapsedTime(&ms, begin_, end_), "cudaEventElapsedTime");
  return static_cast<double>(ms);
}

Measurement Bench::time_once(const Work& work, const StoppingRule& rule) {
  work.launch(0, stream_);  // the first launch loads code
  const double estimate = event_ms([&] { work.launch(0, stream_); });
  const double wanted = std::ceil(kWantedMs / std::max(estimate, 1e-4));
  const int launches = static_cast<int>(std::clamp(wanted, 1.0, static_cast<double>(work.copies)));
  cudaGraphExec_t graph = work.capture ? captured(work, launches, stream_) : nullptr;
  const auto enqueue = [&] {
    if (graph != nullptr) {
      check_cuda(cudaGraphLaunch(graph, stream_), "cudaGraphLaunch");
    } else {
      for (int i = 0; i < launches; ++i) work.launch(i, stream_);
    }
  };
  (void)event_ms(enqueue);
  Sampler sampler(rule);
  while (!sampler.done()) {
    if (work.cache == Cache::cold) flush();
    const double ms = event_ms(enqueue);
    sampler.add(ms / launches, ms / 1000);
  }
  if (graph != nullptr) check_cuda(cudaGraphExecDestroy(graph), "cudaGraphExecDestroy");
  Measurement m;
  m.latency = sampler.estimate();
  m.repeats = sampler.repeats();
  m.launches = launches;
  m.cache = work.cache;
  m.timed = graph != nullptr ? Timed::graph : Timed::stream;
  note_clocks(m);
  return m;
}

Measurement Bench::time(const Work& work, const StoppingRule& rule) {
  const Measurement first = time_once(work, rule);
  if (!first.throttled.value_or(false)) return first;
  std::this_thread::sleep_for(std::chrono::seconds(2));
  return time_once(work, rule);
}

Measurement Bench::time_host(const std::function<double()>& once, const StoppingRule& rule) {
  (void)once();
  Sampler sampler(rule);
  while (!sampler.done()) {
    const double ms = once();
    sampler.add(ms, ms / 1000);
  }
  Measurement m;
  m.latency = sampler.estimate();
  m.repeats = sampler.repeats();
  m.cache = Cache::warm;
  m.timed = Timed::host;
  note_clocks(m);
  return m;
}

void Bench::note_clocks(Measurement& m) const {
  m.clock_mhz = monitor_->sm_clock_mhz();
  m.throttled = monitor_->throttled();
}

std::pair<Environment, Environment> Bench::describe() const {
  int runtime = 0;
  int driver = 0;
  check_cuda(cudaRuntimeGetVersion(&runtime), "cudaRuntimeGetVersion");
  check_cuda(cudaDriverGetVersion(&driver), "cudaDriverGetVersion");
  Environment fixed = {
      {"gpu", properties_.name},
      {"compute_capability", std::to_string(properties_.major) + "." + std::to_string(properties_.minor)},
      {"multiprocessors", std::to_string(properties_.multiProcessorCount)},
      {"memory_bytes", std::to_string(properties_.totalGlobalMem)},
      {"l2_bytes", std::to_string(properties_.l2CacheSize)},
      {"driver", monitor_->driver().value_or("unknown")},
      {"driver_cuda", version_text(driver)},
      {"cuda", version_text(runtime)},
      {"cublaslt", std::to_string(cublasLtGetVersion())},
      {"cudnn", cudnn_version()},
      {"max_sm_clock_mhz", number_text(monitor_->max_sm_clock_mhz())},
      {"l2_flush", "memset of " + std::to_string(flush_->size()) + " bytes before each cold repeat"},
  };
  Environment state = {{"sm_clock_mhz", number_text(monitor_->sm_clock_mhz())},
                       {"memory_clock_mhz", number_text(monitor_->memory_clock_mhz())}};
  return {std::move(fixed), std::move(state)};
}

}  // namespace cleave::bench
