#include "calibration/bench/probes/reference.h"

#include <algorithm>
#include <cmath>

#include "calibration/bench/device/error.h"

namespace cleave::bench {

std::vector<float> download(const __nv_bfloat16* data, std::size_t count) {
  check_cuda(cudaDeviceSynchronize(), "checked kernel");
  std::vector<__nv_bfloat16> raw(count);
  check_cuda(cudaMemcpy(raw.data(), data, count * sizeof(__nv_bfloat16), cudaMemcpyDeviceToHost), "download");
  std::vector<float> result(count);
  std::transform(raw.begin(), raw.end(), result.begin(), [](__nv_bfloat16 value) { return __bfloat162float(value); });
  return result;
}

std::vector<float> reference_attention(const float* query, const std::vector<float>& keys,
                                       const std::vector<float>& values, std::size_t count, std::size_t depth,
                                       std::size_t width, float scale) {
  std::vector<float> scores(count);
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t d = 0; d < depth; ++d) scores[i] += query[d] * keys[i * depth + d];
    scores[i] *= scale;
  }
  const float largest = *std::max_element(scores.begin(), scores.end());
  float sum = 0;
  std::vector<float> out(width);
  for (std::size_t i = 0; i < count; ++i) {
    const float weight = std::exp(scores[i] - largest);
    sum += weight;
    for (std::size_t d = 0; d < width; ++d) out[d] += weight * values[i * width + d];
  }
  for (float& value : out) value /= sum;
  return out;
}

CheckResult compare(std::string what, const std::vector<float>& got, const std::vector<float>& expected,
                    double tolerance) {
  double difference = 0;
  double magnitude = 1e-6;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const double here = std::abs(static_cast<double>(got[i]) - static_cast<double>(expected[i]));
    difference = std::isnan(here) ? here : std::max(difference, here);
    magnitude = std::max(magnitude, std::abs(static_cast<double>(expected[i])));
    if (std::isnan(difference)) break;
  }
  return {std::move(what), difference / magnitude, tolerance};
}

}  // namespace cleave::bench
