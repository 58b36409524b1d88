#include "calibration/fit/report/coefficients.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "calibration/fit/split.h"

namespace cleave::fit {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr std::size_t kLeastNodes = 8;

/// Four digits are more than a fit knows.
double digits(double value) {
  if (value == 0) return 0;
  const double scale = std::pow(10, 3 - std::floor(std::log10(std::abs(value))));
  return std::round(value * scale) / scale;
}

Json range_json(const Family& family, const FittedVariant& fitted) {
  Json json = Json::object();
  for (std::size_t i = 0; i < family.axes.size(); ++i) {
    json[std::string(family.axes[i])] = {fitted.low[i], fitted.high[i]};
  }
  return json;
}

Json coefficient_json(const Family& family, const FittedVariant& fitted) {
  Json json = Json::object();
  for (std::size_t i = 0; i < family.coefficients.size(); ++i) {
    json[std::string(family.coefficients[i].name)] = digits(fitted.coefficients[i]);
  }
  return json;
}

/// How far the form alone is from the rows it was fitted to, percent.
Json residual_summary(const FittedVariant& fitted) {
  std::vector<double> off;
  for (const double log : fitted.residual.values()) off.push_back(100 * std::abs(std::exp(-log) - 1));
  std::sort(off.begin(), off.end());
  double sum = 0;
  for (const double each : off) sum += each;
  const std::size_t at = (off.size() - 1) * 95 / 100;
  return {{"rows", off.size()},
          {"form_alone_mean_percent", digits(sum / static_cast<double>(off.size()))},
          {"form_alone_p95_percent", digits(off[at])}};
}

/// Places spread over the measured ones (each farthest from those before it), with the smoothed residual there.
Json residual_nodes(const FittedVariant& fitted, std::size_t count) {
  const auto points = fitted.residual.points();
  Json json = Json::array();
  std::vector<double> nearest(points.size(), 1e300);
  std::size_t next = 0;
  for (std::size_t n = 0; n < std::min(count, points.size()); ++n) {
    const Coordinates& place = points[next];
    Json node = Json::array();
    for (std::size_t i = 0; i < place.size; ++i) node.push_back(digits(place.at[i]));
    node.push_back(std::round(fitted.residual.at(place) * 1000) / 1000);
    json.push_back(std::move(node));
    double farthest = -1;
    for (std::size_t i = 0; i < points.size(); ++i) {
      nearest[i] = std::min(nearest[i], square_distance(points[i], place));
      if (nearest[i] > farthest) {
        farthest = nearest[i];
        next = i;
      }
    }
    if (farthest <= 0) break;
  }
  return json;
}

}  // namespace

std::string coefficients_json(const FittedTable& table, std::size_t nodes) {
  const Family& family = *table.fitted.family;
  const std::size_t each = std::max(kLeastNodes, nodes / std::max<std::size_t>(1, table.fitted.variants.size()));
  Json json = {{"family", family.name}, {"device", table.fitted.spec->name}};
  Json& sources = json["sources"] = Json::array();
  for (const std::string& file : table.data.files) sources.push_back(fs::path(file).filename().string());
  json["note"] = "time = form(coefficients) * exp(residual); residual rows hold coordinates, then the logarithm";
  Json& variants = json["variants"] = Json::object();
  for (const FittedVariant& fitted : table.fitted.variants) {
    variants[fitted.variant.name] = {{"coefficients", coefficient_json(family, fitted)},
                                     {"valid", range_json(family, fitted)},
                                     {"fit", residual_summary(fitted)},
                                     {"residual", residual_nodes(fitted, each)}};
  }
  return json.dump() + "\n";
}

std::vector<fs::path> write_coefficients(const std::vector<FittedTable>& tables, const fs::path& catalogue) {
  std::vector<fs::path> files;
  for (const FittedTable& table : tables) {
    const fs::path folder = catalogue / "hardware" / table.fitted.spec->name;
    fs::create_directories(folder);
    const fs::path file = folder / (std::string(table.fitted.family->name) + ".json");
    std::ofstream out(file);
    out << coefficients_json(table);
    out.close();
    if (!out) throw std::runtime_error(fmt::format("{}: cannot be written", file.string()));
    files.push_back(file);
  }
  return files;
}

}  // namespace cleave::fit
