#include "calibration/bench/device/arena.h"

namespace cleave::bench {
namespace {

constexpr std::size_t kAlignment = 256;

std::size_t aligned(std::size_t bytes) {
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

}  // namespace

Arena::Arena(std::size_t bytes) : size_(bytes) {
  void* memory = nullptr;
  check_cuda(cudaMalloc(&memory, bytes), "cudaMalloc");
  data_ = static_cast<char*>(memory);
}

Arena::~Arena() {
  cudaFree(data_);
}

void* Arena::take_bytes(std::size_t bytes) {
  if (aligned(bytes) > free_bytes()) {
    throw Unsupported("needs " + std::to_string(bytes >> 20) + " MiB more, " + std::to_string(free_bytes() >> 20) +
                      " are free");
  }
  char* result = data_ + used_;
  used_ += aligned(bytes);
  return result;
}

void* Arena::wrapped_bytes(std::size_t bytes) {
  if (aligned(bytes) > free_bytes()) used_ = 0;
  return take_bytes(bytes);
}

}  // namespace cleave::bench
