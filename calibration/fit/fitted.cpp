#include "calibration/fit/fitted.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

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

std::set<std::string_view> words(std::string_view name) {
  std::set<std::string_view> out;
  for (std::size_t at = 0; at < name.size();) {
    const std::size_t end = std::min(name.find_first_of("/_", at), name.size());
    out.insert(name.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

/// Names of kernels of one library, format and load have much in common.
std::size_t shared_words(std::string_view a, std::string_view b) {
  const std::set<std::string_view> other = words(b);
  const std::set<std::string_view> own = words(a);
  return static_cast<std::size_t>(
      std::count_if(own.begin(), own.end(), [&](std::string_view word) { return other.contains(word); }));
}

/// The fit that is most alike; of those, the one of most rows. `alike` gives nothing for a fit that cannot serve.
template <class Alike>
const KernelFit* best_of(const std::vector<KernelFit>& fits, Alike alike) {
  const KernelFit* best = nullptr;
  std::pair<std::size_t, std::size_t> most;
  for (const KernelFit& fit : fits) {
    const std::optional<std::size_t> likeness = alike(fit);
    if (!likeness) continue;
    const std::pair here{*likeness, fit.params().rows};
    if (best != nullptr && here <= most) continue;
    best = &fit;
    most = here;
  }
  return best;
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
  fitted.residual = ResidualField(std::move(places), std::move(residuals), family.smoothing, family.parts);
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
  if (family->libraries_first)
    return best_of(table.fits(),
                   [&](const KernelFit& fit) { return std::optional(shared_words(fit.variant().name, wanted.name)); });
  if (const KernelFit* same = table.serving(wanted.base)) return same;
  // Another number format of the same arithmetic: the form knows its bytes.
  return best_of(table.fits(), [&](const KernelFit& fit) {
    const std::string& base = fit.variant().base;
    const bool shared = base.substr(base.find('/') + 1) == wanted.base.substr(wanted.base.find('/') + 1);
    return fit.variant().precision == wanted.precision ? std::optional<std::size_t>(shared ? 1 : 0) : std::nullopt;
  });
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
