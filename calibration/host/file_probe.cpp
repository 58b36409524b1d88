#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "calibration/host/host_probes.h"
#include "models/units/error.h"

namespace cleave::bench {
namespace {

constexpr std::size_t kFileBytes = std::size_t{256} << 20;
constexpr std::size_t kAlignment = 4096;

/// A file in the current folder that goes away with the object.
class ProbeFile {
 public:
  explicit ProbeFile(bool direct) : name_("cleave-file-probe-" + std::to_string(::getpid())) {
    file_ = ::open(name_.c_str(), O_RDWR | O_CREAT | O_TRUNC | (direct ? O_DIRECT : 0), 0600);
  }
  ~ProbeFile() {
    if (file_ < 0) return;
    ::close(file_);
    ::unlink(name_.c_str());
  }
  ProbeFile(const ProbeFile&) = delete;
  ProbeFile& operator=(const ProbeFile&) = delete;
  [[nodiscard]] bool open() const { return file_ >= 0; }
  [[nodiscard]] int get() const { return file_; }

 private:
  std::string name_;
  int file_ = -1;
};

using Buffer = std::unique_ptr<char, decltype(&std::free)>;

Buffer aligned_buffer(std::size_t bytes) {
  Buffer buffer(static_cast<char*>(std::aligned_alloc(kAlignment, bytes)), &std::free);
  std::memset(buffer.get(), 'k', bytes);
  return buffer;
}

/// Whole requests only. Errors: ConfigError with the system's reason.
void transfer(int file, bool write, char* buffer, std::size_t bytes, std::size_t at) {
  const auto offset = static_cast<off_t>(at);
  const ssize_t done = write ? ::pwrite(file, buffer, bytes, offset) : ::pread(file, buffer, bytes, offset);
  if (done == static_cast<ssize_t>(bytes)) return;
  throw ConfigError(std::string(write ? "pwrite: " : "pread: ") + (done < 0 ? std::strerror(errno) : "cut short"));
}

void fill(int file) {
  constexpr std::size_t kChunk = std::size_t{4} << 20;
  const Buffer buffer = aligned_buffer(kChunk);
  for (std::size_t at = 0; at < kFileBytes; at += kChunk) transfer(file, true, buffer.get(), kChunk, at);
  if (::fsync(file) != 0) throw ConfigError(std::string("fsync: ") + std::strerror(errno));
}

/// Requests of one repeat: up to 16 MiB, so that a small request's latency is a mean of many.
std::size_t requests_of(std::size_t bytes) {
  return std::max<std::size_t>(1, std::min<std::size_t>(64, (16U << 20) / bytes));
}

Outcome measure(const Point& point, const StoppingRule& rule) {
  const bool direct = point.text("access") == "direct";
  const bool write = point.text("op_name") == "write";
  const bool random = point.text("order") == "random";
  const std::size_t bytes = point.size("bytes");
  const ProbeFile file(direct);
  if (!file.open()) return Skipped{std::string("open: ") + std::strerror(errno)};
  try {
    fill(file.get());
    const Buffer buffer = aligned_buffer(bytes);
    const std::size_t slots = kFileBytes / bytes;
    const std::size_t requests = requests_of(bytes);
    std::size_t place = 0;
    const auto once = [&] {
      const double begin = now_ms();
      for (std::size_t i = 0; i < requests; ++i) {
        place = random ? (place * 1664525 + 1013904223) % slots : (place + 1) % slots;
        transfer(file.get(), write, buffer.get(), bytes, place * bytes);
      }
      if (write && !direct) (void)::fsync(file.get());
      return (now_ms() - begin) / static_cast<double>(requests);
    };
    Measurement m = time_repeats(once, rule, direct ? Cache::cold : Cache::warm);
    m.launches = static_cast<int>(requests);
    return m;
  } catch (const ConfigError& error) {
    return Skipped{error.what()};
  }
}

}  // namespace

Probe file_probe() {
  Probe probe;
  probe.spec.name = "file";
  probe.spec.table = "host_file_perf";
  probe.spec.summary = "one request of a 256 MiB file in the current folder, one at a time";
  probe.spec.grid.axes = {"access", "op_name", "order", "bytes"};
  probe.spec.rule = {.min_repeats = 5, .max_repeats = 40, .relative_error = 0.03, .max_seconds = 0.5};
  for (const char* access : {"direct", "buffered"}) {
    for (const char* op : {"read", "write"}) {
      for (const char* order : {"sequential", "random"}) {
        for (const std::int64_t kib : {4, 64, 1024, 16384}) {
          probe.spec.grid.add({std::string(access), std::string(op), std::string(order), kib << 10});
        }
      }
    }
  }
  probe.measure = measure;
  return probe;
}

}  // namespace cleave::bench
