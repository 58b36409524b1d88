#include "calibration/fit/families/families.h"

#include <algorithm>
#include <bit>

namespace cleave::fit {

std::uint32_t RowSink::variant(std::string_view name, std::string_view base, Precision precision) {
  // Tables keep the rows of a variant together, so look at the latest first.
  for (std::size_t i = data_.variants.size(); i-- > 0;) {
    if (data_.variants[i].name == name) return static_cast<std::uint32_t>(i);
  }
  data_.variants.push_back({std::string(name), std::string(base), precision});
  return static_cast<std::uint32_t>(data_.variants.size() - 1);
}

void RowSink::add(Sample sample, const CsvTable& table) {
  sample.file = file_;
  sample.line = table.line();
  data_.samples.push_back(sample);
}

std::span<const Family> families() {
  static const std::array<Family, 10> kFamilies{gemm_bf16_family(),
                                                gemm_fp8_family(),
                                                gemm_fp4_family(),
                                                prefill_attention_family(),
                                                decode_attention_family(),
                                                joint_attention_family(),
                                                moe_family(),
                                                custom_all_reduce_family(),
                                                nccl_family(),
                                                kv_transfer_family()};
  return kFamilies;
}

const Family* find_family(std::string_view name) {
  const auto all = families();
  const auto found = std::find_if(all.begin(), all.end(), [&](const Family& f) { return f.name == name; });
  return found == all.end() ? nullptr : &*found;
}

double roofline_seconds(const Family& family, const Sample& sample, const DeviceRates& device) {
  constexpr double kLaunch = 3e-6;
  constexpr double kPeakShare = 0.7;
  constexpr double kBandwidthShare = 0.8;
  const double rate = family.over_link ? device.link : device.bandwidth;
  return kLaunch + std::max(family.flops(sample.axis) / (device.flops * kPeakShare),
                            family.bytes(sample.axis) / (rate * kBandwidthShare));
}

std::uint64_t mixed_key(std::initializer_list<double> numbers) {
  std::uint64_t key = 0x9E3779B97F4A7C15ULL;
  for (const double number : numbers) {
    key ^= std::bit_cast<std::uint64_t>(number);
    key = (key ^ (key >> 30)) * 0xBF58476D1CE4E5B9ULL;
    key = (key ^ (key >> 27)) * 0x94D049BB133111EBULL;
    key ^= key >> 31;
  }
  return key;
}

}  // namespace cleave::fit
