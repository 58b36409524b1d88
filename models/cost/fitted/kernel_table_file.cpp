// The format of coefficient files is described in models/cost/fitted/README.md.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "models/cost/fitted/kernel_table.h"
#include "models/units/error.h"

namespace cleave {
namespace {

using Json = nlohmann::json;

constexpr int kFormat = 1;

class Reader {
 public:
  Reader(const std::filesystem::path& file, const DeviceSpec& device) : file_(file.string()), device_(device) {}

  [[nodiscard]] KernelTable read() {
    const Json json = parse();
    try {
      if (json.at("format") != kFormat) fail(fmt::format("format is not {}", kFormat));
      family_ = family_of(json.at("family").get<std::string>());
      const std::string device = json.at("device");
      transferred_ = device != device_.name;
      std::vector<KernelFit> fits;
      for (const auto& [name, variant] : json.at("variants").items()) fits.push_back(fit(name, variant));
      if (fits.empty()) fail("holds no variant");
      return {*family_, device, std::move(fits)};
    } catch (const Json::exception& error) {
      fail(error.what());
    }
  }

 private:
  [[noreturn]] void fail(std::string_view reason) const { throw ConfigError(fmt::format("{}: {}", file_, reason)); }

  [[nodiscard]] Json parse() const {
    std::ifstream in(file_);
    if (!in) fail("cannot be opened");
    try {
      return Json::parse(in);
    } catch (const Json::exception& error) {
      fail(error.what());
    }
  }

  [[nodiscard]] const KernelFamily* family_of(const std::string& name) const {
    for (const KernelFamily& family : kernel_families()) {
      if (family.name == name) return &family;
    }
    fail(fmt::format("family \"{}\" is not known", name));
  }

  [[nodiscard]] KernelFit fit(const std::string& name, const Json& json) const {
    KernelFit::Params params;
    params.variant = {name, json.at("base"), precision(json.at("precision"))};
    if (!name.starts_with(params.variant.base)) {
      fail(fmt::format("variant `{}` is not called after its base `{}`", name, params.variant.base));
    }
    const auto rates = device_rates(device_, params.variant.precision);
    if (!rates) fail(fmt::format("hardware entry `{}` lacks compute.multiprocessors or memory.cache", device_.name));
    params.rates = *rates;
    params.rows = json.at("rows");
    params.transferred = transferred_;
    params.coefficients = coefficients(json.at("coefficients"));
    read_range(json.at("range"), params);
    const Json& errors = json.at("errors");
    params.errors = {errors.at("on_grid"), errors.at("unseen_shape"), errors.at("beyond"), errors.at("unseen_device")};
    params.residual = residual(json.at("residual"), params);
    return {*family_, std::move(params)};
  }

  [[nodiscard]] Precision precision(const std::string& name) const {
    if (name == "bf16") return Precision::bf16;
    if (name == "fp8") return Precision::fp8;
    if (name == "fp4") return Precision::fp4;
    fail(fmt::format("precision \"{}\" is not bf16, fp8 or fp4", name));
  }

  [[nodiscard]] std::vector<double> coefficients(const Json& json) const {
    std::vector<double> out;
    for (const Coefficient& c : family_->coefficients) {
      out.push_back(json.at(std::string(c.name)));
      if (!(out.back() > 0)) fail(fmt::format("coefficient {} is {}, expected above 0", c.name, out.back()));
    }
    return out;
  }

  void read_range(const Json& json, KernelFit::Params& params) const {
    for (std::size_t i = 0; i < family_->axes.size(); ++i) {
      const Json& range = json.at(std::string(family_->axes[i]));
      params.low[i] = range.at(0);
      params.high[i] = range.at(1);
    }
  }

  [[nodiscard]] std::size_t axis(const std::string& name) const {
    for (std::size_t i = 0; i < family_->axes.size(); ++i) {
      if (family_->axes[i] == name) return i;
    }
    fail(fmt::format("family {} has no axis \"{}\"", family_->name, name));
  }

  /// Widens the box of a node's shape, or begins one.
  void add_shape(const KernelAxes& at, KernelFit::Params& params) const {
    if (family_->shape.empty() || !params.variant.in_engine()) return;
    const auto box = std::find_if(params.shapes.begin(), params.shapes.end(), [&](const MeasuredBox& known) {
      return std::all_of(family_->shape.begin(), family_->shape.end(),
                         [&](std::size_t axis) { return known.low[axis] == at[axis]; });
    });
    if (box == params.shapes.end()) return params.shapes.push_back({at, at});
    for (std::size_t i = 0; i < family_->axes.size(); ++i) {
      box->low[i] = std::min(box->low[i], at[i]);
      box->high[i] = std::max(box->high[i], at[i]);
    }
  }

  /// Axes that a node does not name have one value throughout.
  [[nodiscard]] ResidualField residual(const Json& json, KernelFit::Params& params) const {
    const Smoothing smoothing{json.at("neighbours"), json.at("range"), json.at("noise")};
    std::vector<std::size_t> named;
    for (const std::string name : json.at("axes")) named.push_back(axis(name));
    std::vector<Place> places;
    std::vector<double> values;
    for (const Json& node : json.at("nodes")) {
      if (node.size() != named.size() + 1) fail("a node of the residual has another length than its axes ask for");
      KernelAxes at = params.low;
      for (std::size_t i = 0; i < named.size(); ++i) at[named[i]] = node[i];
      add_shape(at, params);
      places.push_back(family_->place(at, params.rates));
      values.push_back(node.back());
      if (!std::isfinite(values.back())) fail("a residual is not finite");
    }
    return {std::move(places), std::move(values), smoothing, parts(json)};
  }

  /// Each part names its coordinates by their place in the family's; files of a field without parts have no such key.
  [[nodiscard]] std::vector<Coordinates> parts(const Json& json) const {
    std::vector<Coordinates> out;
    for (const Json& part : json.value("parts", Json::array())) {
      Coordinates coordinates = 0;
      for (const std::size_t coordinate : part) {
        if (coordinate >= kMaxPlaceSize)
          fail(fmt::format("a part names coordinate {} of {}", coordinate, kMaxPlaceSize));
        coordinates |= static_cast<Coordinates>(1U << coordinate);
      }
      out.push_back(coordinates);
    }
    if (out.size() > ResidualField::kMostParts) fail(fmt::format("more than {} parts", ResidualField::kMostParts));
    return out;
  }

  std::string file_;
  const DeviceSpec& device_;
  const KernelFamily* family_ = nullptr;
  bool transferred_ = false;
};

}  // namespace

KernelTable KernelTable::load(const std::filesystem::path& file, const DeviceSpec& device) {
  return Reader(file, device).read();
}

}  // namespace cleave
