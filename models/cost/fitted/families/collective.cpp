// Collectives inside a scale-up domain, and hand-offs of KV between two servers.

#include "models/cost/forms/collective.h"

#include "models/cost/fitted/families/families.h"

namespace cleave {
namespace {

enum Axis : std::size_t { kBytes, kRanks, kKind };
constexpr std::array<std::string_view, 3> kAxes{"bytes", "ranks", "kind"};
constexpr std::array<std::string_view, 1> kTransferAxes{"bytes"};

CollectiveWork work(const KernelAxes& a) {
  return {static_cast<CollectiveKind>(a[kKind]), a[kRanks], a[kBytes]};
}

double seconds(const KernelAxes& a, const DeviceRates& device, Coefficients c) {
  return collective_seconds(work(a), device, c);
}

double direct(const KernelAxes& a, const DeviceRates& device, Coefficients c) {
  return direct_all_reduce_seconds(work(a), device, c);
}

double no_flops(const KernelAxes&) {
  return 0;
}

double on_wire(const KernelAxes& a) {
  return wire_bytes(work(a));
}

Place place(const KernelAxes& a, const DeviceRates&) {
  return {{std::log2(a[kBytes]), 2 * std::log2(a[kRanks])}, 2};
}

double handing_off(const KernelAxes& a, const DeviceRates&, Coefficients c) {
  return transfer_seconds(a[kBytes], c);
}

double handed_off(const KernelAxes& a) {
  return a[kBytes];
}

Place transfer_place(const KernelAxes& a, const DeviceRates&) {
  return {{std::log2(a[kBytes])}, 1};
}

}  // namespace

KernelAxes collective_axes(const CollectiveWork& work) {
  return {work.bytes, work.ranks, static_cast<double>(work.kind)};
}

KernelAxes transfer_axes(double bytes) {
  return {bytes};
}

KernelFamily custom_all_reduce_kernels() {
  return {"custom_all_reduce", kAxes, direct_all_reduce::kCoefficients, direct, no_flops, on_wire, place, {}, {}, true};
}

KernelFamily nccl_kernels() {
  return {"nccl", kAxes, collective::kCoefficients, seconds, no_flops, on_wire, place, {}, {}, true};
}

KernelFamily kv_transfer_kernels() {
  return {
      "kv_transfer", kTransferAxes, transfer::kCoefficients, handing_off, no_flops, handed_off, transfer_place, {}, {},
      true};
}

}  // namespace cleave
