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
    for (std::size_t i = 0; i < rows.size(); ++i) out[i] = family.core(data.samples[rows[i]], rates, c);
  });
}

void note_range(FittedVariant& fitted, const Sample& sample) {
  for (std::size_t i = 0; i < kMaxAxes; ++i) {
    fitted.low[i] = fitted.rows == 0 ? sample.axis[i] : std::min(fitted.low[i], sample.axis[i]);
    fitted.high[i] = fitted.rows == 0 ? sample.axis[i] : std::max(fitted.high[i], sample.axis[i]);
  }
  ++fitted.rows;
}

FittedVariant fit_variant(const Family& family, const Dataset& data, std::uint32_t variant,
                          const std::vector<std::uint32_t>& rows, const DeviceRates& rates) {
  FittedVariant fitted;
  fitted.variant = data.variants[variant];
  fitted.coefficients = fit_core(family, data, core_rows(rows, data), rates);
  std::vector<Coordinates> places;
  std::vector<double> residuals;
  std::vector<double> logs;
  for (const std::uint32_t row : rows) {
    const Sample& sample = data.samples[row];
    note_range(fitted, sample);
    places.push_back(family.coordinates(sample, rates));
    residuals.push_back(std::log(sample.seconds / family.core(sample, rates, fitted.coefficients)));
    logs.push_back(std::log(sample.seconds));
  }
  ResidualField::Options exact;
  exact.noise = 0.02;
  fitted.plain = ResidualField(places, std::move(logs), exact);
  fitted.residual = ResidualField(std::move(places), std::move(residuals), {});
  return fitted;
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
  FittedDevice fitted{&family, data.device, &spec, {}};
  for (std::size_t v = 0; v < rows.size(); ++v) {
    if (rows[v].empty()) continue;
    const DeviceRates rates = rates_of(spec, data.variants[v].precision);
    fitted.variants.push_back(fit_variant(family, data, static_cast<std::uint32_t>(v), rows[v], rates));
  }
  return fitted;
}

FittedDevice fit_device(const Family& family, const Dataset& data, const DeviceSpec& spec) {
  return fit_device(family, data, spec, std::vector<bool>(data.samples.size(), true));
}

const FittedVariant* FittedDevice::serving(const Variant& wanted) const {
  const FittedVariant* best = nullptr;
  int best_rank = 0;
  for (const FittedVariant& candidate : variants) {
    int rank = candidate.variant.precision == wanted.precision ? 1 : 0;
    if (candidate.variant.base == wanted.base) rank = 2;
    if (candidate.variant.name == wanted.name) rank = 3;
    if (rank > best_rank || (rank == best_rank && best != nullptr && candidate.rows > best->rows)) {
      best_rank = rank;
      best = &candidate;
    }
  }
  return best_rank > 0 ? best : nullptr;
}

double predict(const Family& family, const FittedVariant& fitted, const Sample& sample, const DeviceRates& rates,
               Method method) {
  switch (method) {
    case Method::form:
      return family.core(sample, rates, fitted.coefficients);
    case Method::roofline:
      return roofline_seconds(family, sample, rates);
    case Method::interpolation:
      return std::exp(fitted.plain.at(family.coordinates(sample, rates)));
    case Method::form_and_residual:
      break;
  }
  return family.core(sample, rates, fitted.coefficients) *
         std::exp(fitted.residual.at(family.coordinates(sample, rates)));
}

}  // namespace cleave::fit
