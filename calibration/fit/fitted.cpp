#include "calibration/fit/fitted.h"

#include <fmt/format.h>

#include <algorithm>

#include "calibration/fit/math/least_squares.h"
#include "models/units/error.h"

namespace cleave::fit {
namespace {

constexpr std::size_t kCoreRows = 500;  // a few coefficients need no more; the residual uses all rows

/// At most `count` of the rows, spread evenly over an order that has nothing to do with the tables'.
std::vector<std::uint32_t> spread(std::vector<std::uint32_t> rows, const Dataset& data, std::size_t count) {
  if (rows.size() <= count) return rows;
  const auto rank = [&](std::uint32_t row) {
    const Sample& s = data.samples[row];
    return mixed_key({s.axis[0], s.axis[1], s.axis[2], s.axis[3], s.axis[4], s.axis[5], s.axis[6]});
  };
  std::vector<std::pair<std::uint64_t, std::uint32_t>> ranked;
  ranked.reserve(rows.size());
  for (const std::uint32_t row : rows) ranked.emplace_back(rank(row), row);
  std::nth_element(ranked.begin(), ranked.begin() + static_cast<std::ptrdiff_t>(count), ranked.end());
  ranked.resize(count);
  std::sort(ranked.begin(), ranked.end());
  rows.clear();
  for (const auto& [key, row] : ranked) rows.push_back(row);
  return rows;
}

/// Rows for the form: half of them from the slowest quarter, where its asymptotes show; extrapolation rests on those.
std::vector<std::uint32_t> core_rows(const std::vector<std::uint32_t>& rows, const Dataset& data) {
  if (rows.size() <= kCoreRows) return rows;
  std::vector<std::uint32_t> slow = rows;
  std::sort(slow.begin(), slow.end(), [&](std::uint32_t a, std::uint32_t b) {
    return data.samples[a].seconds != data.samples[b].seconds ? data.samples[a].seconds > data.samples[b].seconds
                                                              : a < b;
  });
  slow.resize(rows.size() / 4);
  std::vector<std::uint32_t> chosen = spread(std::move(slow), data, kCoreRows / 2);
  const std::vector<std::uint32_t> others = spread(rows, data, kCoreRows / 2);
  chosen.insert(chosen.end(), others.begin(), others.end());
  return chosen;
}

std::vector<double> fit_core(const Family& family, const Dataset& data, const std::vector<std::uint32_t>& rows,
                             const DeviceRates& rates) {
  std::vector<double> measured;
  for (const std::uint32_t row : rows) measured.push_back(data.samples[row].seconds);
  return fit_log(family.coefficients, measured, [&](Coefficients c, std::span<double> out) {
    for (std::size_t i = 0; i < rows.size(); ++i) out[i] = family.seconds(data.samples[rows[i]].axis, rates, c);
  });
}

/// Where interpolation alone sees a shape: at the logarithms of its axes.
Place plain_place(const Family& family, const KernelAxes& axes) {
  Place place;
  place.size = std::min(family.axes.size(), kMaxPlaceSize);
  for (std::size_t i = 0; i < place.size; ++i) place.at[i] = std::log2(1 + axes[i]);
  return place;
}

void note_range(KernelFit::Params& fitted, const KernelAxes& axes) {
  for (std::size_t i = 0; i < axes.size(); ++i) {
    fitted.low[i] = fitted.rows == 0 ? axes[i] : std::min(fitted.low[i], axes[i]);
    fitted.high[i] = fitted.rows == 0 ? axes[i] : std::max(fitted.high[i], axes[i]);
  }
  ++fitted.rows;
}

struct FittedVariant {
  KernelFit fit;
  ResidualField plain;
};

FittedVariant fit_variant(const Family& family, const Dataset& data, std::uint32_t variant,
                          const std::vector<std::uint32_t>& rows, const DeviceRates& rates) {
  KernelFit::Params fitted;
  fitted.variant = data.variants[variant];
  fitted.rates = rates;
  fitted.coefficients = fit_core(family, data, core_rows(rows, data), rates);
  std::vector<Place> places;
  std::vector<Place> plain_places;
  std::vector<double> residuals;
  std::vector<double> logs;
  for (const std::uint32_t row : rows) {
    const Sample& sample = data.samples[row];
    note_range(fitted, sample.axis);
    places.push_back(family.place(sample.axis, rates));
    plain_places.push_back(plain_place(family, sample.axis));
    residuals.push_back(std::log(sample.seconds / family.seconds(sample.axis, rates, fitted.coefficients)));
    logs.push_back(std::log(sample.seconds));
  }
  Smoothing exact;
  exact.noise = 0.02;
  ResidualField plain(std::move(plain_places), std::move(logs), exact);
  fitted.residual = ResidualField(std::move(places), std::move(residuals), family.smoothing);
  return {{kernel_family(family.name), std::move(fitted)}, std::move(plain)};
}

}  // namespace

DeviceRates rates_of(const DeviceSpec& spec, Precision precision) {
  if (const auto rates = device_rates(spec, precision)) return *rates;
  throw ConfigError(fmt::format("hardware entry `{}`: lacks compute.multiprocessors or memory.cache", spec.name));
}

FittedDevice fit_device(const Family& family, const Dataset& data, const DeviceSpec& spec,
                        const std::vector<bool>& use) {
  std::vector<std::vector<std::uint32_t>> rows(data.variants.size());
  for (std::size_t i = 0; i < data.samples.size(); ++i) {
    if (use[i]) rows[data.samples[i].variant].push_back(static_cast<std::uint32_t>(i));
  }
  std::vector<KernelFit> fits;
  std::vector<ResidualField> plain;
  for (std::size_t v = 0; v < rows.size(); ++v) {
    if (rows[v].empty()) continue;
    const DeviceRates rates = rates_of(spec, data.variants[v].precision);
    FittedVariant fitted = fit_variant(family, data, static_cast<std::uint32_t>(v), rows[v], rates);
    fits.push_back(std::move(fitted.fit));
    plain.push_back(std::move(fitted.plain));
  }
  return {&family, data.device, &spec, KernelTable(kernel_family(family.name), spec.name, std::move(fits)),
          std::move(plain)};
}

FittedDevice fit_device(const Family& family, const Dataset& data, const DeviceSpec& spec) {
  return fit_device(family, data, spec, std::vector<bool>(data.samples.size(), true));
}

const KernelFit* FittedDevice::serving(const KernelVariant& wanted) const {
  for (const KernelFit& fit : table.fits()) {
    if (fit.variant().name == wanted.name) return &fit;
  }
  if (const KernelFit* same = table.serving(wanted.base)) return same;
  // Another number format of the same arithmetic: the form knows its bytes.
  const KernelFit* best = nullptr;
  const auto shared = [&](const KernelFit& fit) {
    const std::string& base = fit.variant().base;
    return base.substr(base.find('/') + 1) == wanted.base.substr(wanted.base.find('/') + 1) ? 1 : 0;
  };
  for (const KernelFit& fit : table.fits()) {
    if (fit.variant().precision != wanted.precision) continue;
    if (best == nullptr || std::pair(shared(fit), fit.params().rows) > std::pair(shared(*best), best->params().rows)) {
      best = &fit;
    }
  }
  return best;
}

double FittedDevice::predict(const KernelFit& fit, const Sample& sample, const DeviceRates& rates,
                             Method method) const {
  switch (method) {
    case Method::form:
      return fit.form_seconds(sample.axis, rates);
    case Method::roofline:
      return roofline_seconds(*family, sample, rates);
    case Method::interpolation: {
      const auto index = static_cast<std::size_t>(&fit - table.fits().data());
      return std::exp(plain[index].at(plain_place(*family, sample.axis)));
    }
    case Method::form_and_residual:
      break;
  }
  return fit.seconds(sample.axis, rates);
}

}  // namespace cleave::fit
