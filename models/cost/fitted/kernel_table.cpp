#include "models/cost/fitted/kernel_table.h"

#include <fmt/format.h>

#include <algorithm>

namespace cleave {
namespace {

constexpr double kSameShape = 0.02;  // distance below which a shape counts as measured itself
constexpr double kAtTheSide = 1e-9;

/// Parts, cut by slashes, in common; nothing if the first differs.
std::size_t alike(std::string_view a, std::string_view b) {
  std::size_t same = 0;
  for (bool first = true;; first = false) {
    const std::string_view x = a.substr(0, a.find('/'));
    const std::string_view y = b.substr(0, b.find('/'));
    if (first && x != y) return 0;
    same += x == y ? 1 : 0;
    if (x.size() == a.size() || y.size() == b.size()) return same;
    a.remove_prefix(x.size() + 1);
    b.remove_prefix(y.size() + 1);
  }
}

}  // namespace

std::string_view to_string(KernelSource source) {
  switch (source) {
    case KernelSource::measured:
      return "measured";
    case KernelSource::fitted:
      return "fitted";
    case KernelSource::extrapolated:
      return "extrapolated";
    case KernelSource::transferred:
      return "transferred";
  }
  return "fitted";
}

KernelPrice KernelFit::predict(const KernelAxes& axes) const {
  const ResidualField::Reading reading = params_.residual.read(family_->place(axes, params_.rates));
  const double seconds = form_seconds(axes, params_.rates) * std::exp(reading.value);
  const KernelErrors& errors = params_.errors;
  if (params_.transferred) return {seconds, KernelSource::transferred, errors.unseen_device};
  if (reading.outside > kAtTheSide) return {seconds, KernelSource::extrapolated, errors.beyond};
  if (reading.nearest < kSameShape) return {seconds, KernelSource::measured, errors.on_grid};
  return {seconds, KernelSource::fitted, std::max(errors.on_grid, errors.unseen_shape)};
}

double KernelFit::seconds(const KernelAxes& axes, const DeviceRates& rates) const {
  return form_seconds(axes, rates) * std::exp(params_.residual.at(family_->place(axes, rates)));
}

bool KernelFit::has_measured(const KernelAxes& axes) const {
  return std::any_of(params_.shapes.begin(), params_.shapes.end(), [&](const MeasuredBox& box) {
    for (std::size_t i = 0; i < family_->axes.size(); ++i) {
      if (axes[i] < box.low[i] || axes[i] > box.high[i]) return false;
    }
    return true;
  });
}

const KernelFit* KernelTable::timed_in_engine(std::string_view base, const KernelAxes& axes) const {
  const auto found = std::find_if(fits_.begin(), fits_.end(), [&](const KernelFit& fit) {
    return fit.variant().in_engine() && fit.variant().base == base && !fit.params().transferred &&
           fit.has_measured(axes);
  });
  return found == fits_.end() ? nullptr : &*found;
}

const KernelFit* KernelTable::serving(std::string_view base, std::string_view library) const {
  const KernelFit* best = nullptr;
  std::size_t most = 0;
  for (const KernelFit& fit : fits_) {
    if (fit.variant().name.find(library) == std::string::npos) continue;
    const std::size_t same = fit.variant().base == base ? base.size() : alike(fit.variant().base, base);
    if (same == 0 || same < most) continue;
    if (best != nullptr && same == most && fit.params().rows <= best->params().rows) continue;
    best = &fit;
    most = same;
  }
  return best;
}

std::string attention_base(std::string_view kv, double width, double window) {
  return fmt::format("{}/d{}/w{}", kv, width, window);
}

std::string moe_base(std::string_view format, std::string_view load) {
  return fmt::format("{}/{}", format, load);
}

}  // namespace cleave
