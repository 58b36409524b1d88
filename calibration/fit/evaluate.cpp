#include "calibration/fit/evaluate.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "calibration/fit/parallel.h"
#include "calibration/fit/split.h"
#include "calibration/fit/transfer.h"

namespace cleave::fit {
namespace {

void compare(const FittedDevice& fitted, const Dataset& data, const std::vector<bool>& rows, ErrorTally& tally) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (!rows[i]) continue;
    const Sample& sample = data.samples[i];
    const KernelVariant& variant = data.variants[sample.variant];
    const KernelFit* serving = fitted.serving(variant);
    if (serving == nullptr) continue;
    const DeviceRates rates = rates_of(*fitted.spec, variant.precision);
    for (const Method method : kMethods) {
      tally.add(method, fitted.predict(*serving, sample, rates, method), sample.seconds);
    }
  }
}

void compare(const Transfer& transfer, const Dataset& data, const std::vector<bool>& rows, ErrorTally& tally) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (!rows[i]) continue;
    const Sample& sample = data.samples[i];
    for (const Method method : kMethods) {
      const auto predicted = transfer.predict(sample, data.variants[sample.variant], method);
      if (predicted) tally.add(method, *predicted, sample.seconds);
    }
  }
}

std::vector<const FittedDevice*> others(const std::vector<FittedDevice>& fitted, std::size_t but) {
  std::vector<const FittedDevice*> out;
  for (std::size_t i = 0; i < fitted.size(); ++i) {
    if (i != but && !fitted[i].table.fits().empty()) out.push_back(&fitted[i]);
  }
  return out;
}

std::vector<FittedDevice> fit_all(const Family& family, const std::vector<MeasuredDevice>& devices) {
  std::vector<FittedDevice> fitted(devices.size());
  for_each_index(devices.size(),
                 [&](std::size_t i) { fitted[i] = fit_device(family, devices[i].data, *devices[i].spec); });
  return fitted;
}

void evaluate_unseen_devices(const Family& family, const std::vector<MeasuredDevice>& devices, std::size_t rows,
                             RegionResults& results) {
  const std::vector<FittedDevice> fitted = fit_all(family, devices);
  for (std::size_t i = 0; i < devices.size(); ++i) {
    const auto sources = others(fitted, i);
    if (sources.empty()) continue;
    const Transfer transfer(sources, *devices[i].spec);
    std::vector<bool> marks(devices[i].data.samples.size(), true);
    thin(marks, devices[i].data, rows);
    ErrorTally tally;
    compare(transfer, devices[i].data, marks, tally);
    results.add(devices[i].data.device, tally, transfer.nearest().folder);
  }
}

ErrorTally evaluate_held_out(const Family& family, const Region& region, const MeasuredDevice& device,
                             std::size_t rows) {
  ErrorTally tally;
  const std::size_t count = folds(device.data, region);
  for (std::size_t fold = 0; fold < count; ++fold) {
    std::vector<bool> test = held_out(device.data, region, fold);
    std::vector<bool> use = test;
    use.flip();
    thin(test, device.data, (rows + count - 1) / count);
    compare(fit_device(family, device.data, *device.spec, use), device.data, test, tally);
  }
  return tally;
}

/// What a fit has seen of a device, to tell where a test row lies.
class Seen {
 public:
  Seen(const Family& family, const Dataset& data) : family_(family), groups_(family.regions.size()) {
    for (const Sample& s : data.samples) {
      for (std::size_t r = 0; r < family.regions.size(); ++r) {
        const Region& region = family.regions[r];
        if (region.kind == RegionKind::group) groups_[r].insert(region.group(s));
        if (region.kind == RegionKind::beyond) high_[region.axis] = std::max(high_[region.axis], s.axis[region.axis]);
      }
    }
  }

  /// Coarser groups come later in the family's table (an unseen model is also an unseen shard): the last one counts.
  [[nodiscard]] std::size_t region_of(const Sample& s) const {
    std::size_t found = 0;
    for (std::size_t r = 0; r < family_.regions.size(); ++r) {
      const Region& region = family_.regions[r];
      if (region.kind == RegionKind::group && !groups_[r].contains(region.group(s))) found = r;
      if (found == 0 && region.kind == RegionKind::beyond && s.axis[region.axis] > high_[region.axis]) found = r;
    }
    return found;
  }

 private:
  const Family& family_;
  std::vector<std::set<std::uint64_t>> groups_;
  KernelAxes high_{};
};

/// Targets of a group are stated once, for its families together.
RegionResults results_of(const Family& family, const Region& region) {
  const bool own = family.group.empty();
  return {family.name, region.name, own ? region.target_mean : 0, own ? region.target_p95 : 0};
}

std::size_t device_region(const Family& family) {
  for (std::size_t r = 0; r < family.regions.size(); ++r) {
    if (family.regions[r].kind == RegionKind::device) return r;
  }
  return 0;
}

}  // namespace

std::vector<RegionResult> evaluate(const Family& family, const std::vector<MeasuredDevice>& devices, std::size_t rows) {
  std::vector<RegionResult> out;
  for (const Region& region : family.regions) {
    RegionResults results = results_of(family, region);
    if (region.kind == RegionKind::device) {
      evaluate_unseen_devices(family, devices, rows, results);
    } else {
      std::vector<ErrorTally> tallies(devices.size());
      for_each_index(devices.size(),
                     [&](std::size_t i) { tallies[i] = evaluate_held_out(family, region, devices[i], rows); });
      for (std::size_t i = 0; i < devices.size(); ++i) results.add(devices[i].data.device, tallies[i]);
    }
    results.append_to(out);
  }
  return out;
}

std::vector<RegionResult> evaluate_on(const Family& family, const std::vector<MeasuredDevice>& known,
                                      const std::vector<MeasuredDevice>& test) {
  const std::vector<FittedDevice> fitted = fit_all(family, known);
  std::vector<RegionResults> results;
  for (const Region& region : family.regions) results.push_back(results_of(family, region));
  for (const MeasuredDevice& device : test) {
    const auto same = std::find_if(known.begin(), known.end(), [&](const auto& k) { return k.spec == device.spec; });
    if (same == known.end()) {
      const auto sources = others(fitted, fitted.size());
      if (sources.empty()) continue;
      const Transfer transfer(sources, *device.spec);
      ErrorTally tally;
      compare(transfer, device.data, std::vector<bool>(device.data.samples.size(), true), tally);
      results[device_region(family)].add(device.data.device, tally, transfer.nearest().folder);
      continue;
    }
    const Seen seen(family, same->data);
    std::vector<std::vector<bool>> marks(family.regions.size(), std::vector<bool>(device.data.samples.size(), false));
    for (std::size_t i = 0; i < device.data.samples.size(); ++i) {
      marks[seen.region_of(device.data.samples[i])][i] = true;
    }
    for (std::size_t r = 0; r < marks.size(); ++r) {
      ErrorTally tally;
      compare(fitted[static_cast<std::size_t>(same - known.begin())], device.data, marks[r], tally);
      results[r].add(device.data.device, tally);
    }
  }
  std::vector<RegionResult> out;
  for (RegionResults& region : results) region.append_to(out);
  return out;
}

}  // namespace cleave::fit
