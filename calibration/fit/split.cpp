#include "calibration/fit/split.h"

#include <algorithm>
#include <set>

namespace cleave::fit {
namespace {

constexpr std::uint64_t kOneOf = 4;
constexpr double kBeyond = 8;

std::uint64_t key_of(const Sample& s, double salt) {
  const auto& a = s.axis;
  return mixed_key({salt, static_cast<double>(s.variant), a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7], a[8], a[9]});
}

/// Groups that are held out together in fold 0, 1, ...
std::vector<std::uint64_t> groups(const Dataset& data, const Region& region) {
  std::set<std::uint64_t> keys;
  for (const Sample& s : data.samples) keys.insert(region.group(s));
  return {keys.begin(), keys.end()};
}

std::vector<bool> outside_group(const Dataset& data, const Region& region, std::size_t fold) {
  const std::vector<std::uint64_t> keys = groups(data, region);
  const std::size_t count = std::max<std::size_t>(1, keys.size() / kOneOf);
  const std::set<std::uint64_t> chosen(keys.begin() + static_cast<std::ptrdiff_t>(fold * count),
                                       keys.begin() + static_cast<std::ptrdiff_t>((fold + 1) * count));
  std::vector<bool> out;
  out.reserve(data.samples.size());
  for (const Sample& s : data.samples) out.push_back(chosen.contains(region.group(s)));
  return out;
}

}  // namespace

std::size_t folds(const Dataset& data, const Region& region) {
  if (region.kind == RegionKind::each) return data.samples.size() > 2 ? data.samples.size() : 0;
  if (region.kind != RegionKind::group) return 1;
  const std::size_t count = groups(data, region).size();
  if (count < 2) return 0;
  return count <= kOneOf ? count : kOneOf;
}

std::vector<bool> held_out(const Dataset& data, const Region& region, std::size_t fold) {
  if (region.kind == RegionKind::group) return outside_group(data, region, fold);
  std::vector<bool> out(data.samples.size(), false);
  if (region.kind == RegionKind::device) return out;
  if (region.kind == RegionKind::each) {
    out[fold] = true;
    return out;
  }
  double limit = 0;
  for (const Sample& s : data.samples) limit = std::max(limit, s.axis[region.axis] / kBeyond);
  for (std::size_t i = 0; i < out.size(); ++i) {
    const Sample& s = data.samples[i];
    out[i] = region.kind == RegionKind::random ? key_of(s, 1) % kOneOf == 0 : s.axis[region.axis] > limit;
  }
  return out;
}

void thin(std::vector<bool>& marks, const Dataset& data, std::size_t count) {
  std::vector<std::pair<std::uint64_t, std::size_t>> ranked;
  for (std::size_t i = 0; i < marks.size(); ++i) {
    if (marks[i]) ranked.emplace_back(key_of(data.samples[i], 3), i);
  }
  if (ranked.size() <= count) return;
  std::sort(ranked.begin(), ranked.end());
  for (std::size_t i = count; i < ranked.size(); ++i) marks[ranked[i].second] = false;
}

}  // namespace cleave::fit
