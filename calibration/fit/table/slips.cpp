#include "calibration/fit/table/slips.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "calibration/fit/fitted.h"
#include "models/cost/fitted/neighbours.h"
#include "models/units/error.h"

namespace cleave::fit {
namespace {

constexpr double kRowSlip = 150;       // times off the nearest rows
constexpr double kSuspicious = 30;     // times off the middle of the file: worth a look at the nearest rows
constexpr std::size_t kNearest = 9;    // their middle counts
constexpr double kFileTooFast = 0.05;  // middle of measured / roofline
constexpr double kFileTooSlow = 60;

/// A row and how many times a roofline it took.
struct Row {
  const Sample* sample = nullptr;
  double ratio = 0;
};

double middle(std::vector<double> values) {
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

class SlipCheck {
 public:
  SlipCheck(const Family& family, const Dataset& data, const DeviceSpec& spec, std::uint32_t file)
      : family_(family), data_(data), spec_(spec), file_(file), rows_(data.variants.size()) {
    for (const Sample& s : data.samples) {
      if (s.file != file) continue;
      const double ratio = s.seconds / roofline_seconds(family, s, rates(s.variant));
      rows_[s.variant].push_back({&s, ratio});
      ratios_.push_back(ratio);
    }
  }

  void whole_file() const {
    if (ratios_.empty()) return;
    const double median = middle(ratios_);
    if (median >= kFileTooFast && median <= kFileTooSlow) return;
    throw ConfigError(
        fmt::format("{}:2: times are {:.3g} of what {} could do, in the middle of the file; expected {} "
                    "to {}: other units, or another device",
                    data_.files[file_], median, spec_.name, kFileTooFast, kFileTooSlow));
  }

  void single_rows() const {
    if (ratios_.empty()) return;
    const double median = middle(ratios_);
    for (std::uint32_t v = 0; v < rows_.size(); ++v) {
      std::vector<std::uint32_t> odd;
      for (std::uint32_t i = 0; i < rows_[v].size(); ++i) {
        const double off = rows_[v][i].ratio / median;
        if (off > kSuspicious || off < 1 / kSuspicious) odd.push_back(i);
      }
      if (!odd.empty()) look(v, odd);
    }
  }

 private:
  [[nodiscard]] DeviceRates rates(std::uint32_t variant) const {
    return rates_of(spec_, data_.variants[variant].precision);
  }

  void look(std::uint32_t variant, const std::vector<std::uint32_t>& odd) const {
    const std::vector<Row>& rows = rows_[variant];
    std::vector<Place> places;
    for (const Row& row : rows) places.push_back(family_.place(row.sample->axis, rates(variant)));
    const Neighbours tree(std::move(places));
    for (const std::uint32_t i : odd) {
      std::vector<double> near;
      std::array<Neighbour, kNearest + 1> found{};
      const std::size_t count = tree.nearest(tree.points()[i], found);
      for (const Neighbour& neighbour : std::span(found).first(count)) {
        if (neighbour.index != i) near.push_back(rows[neighbour.index].ratio);
      }
      if (near.empty()) continue;
      const double usual = middle(near);
      const double off = std::max(rows[i].ratio / usual, usual / rows[i].ratio);
      if (off > kRowSlip) refuse(*rows[i].sample, off);
    }
  }

  [[noreturn]] void refuse(const Sample& sample, double off) const {
    throw ConfigError(fmt::format("{}:{}: {:.6g} ms is {:.0f} times off the rows nearest to it: a slip of units?",
                                  data_.files[file_], sample.line, sample.seconds * 1e3, off));
  }

  const Family& family_;
  const Dataset& data_;
  const DeviceSpec& spec_;
  std::uint32_t file_;
  std::vector<std::vector<Row>> rows_;  // by variant
  std::vector<double> ratios_;
};

}  // namespace

void refuse_slips(const Family& family, const Dataset& data, const DeviceSpec& spec, std::uint32_t file) {
  const SlipCheck check(family, data, spec, file);
  check.whole_file();
  check.single_rows();
}

}  // namespace cleave::fit
