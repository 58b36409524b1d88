#include "calibration/fit/report/coefficients.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>

#include "calibration/fit/layers/layer_table.h"
#include "calibration/fit/parallel.h"
#include "calibration/fit/report/nodes.h"
#include "calibration/fit/steps/step_form.h"

namespace cleave::fit {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr std::size_t kLeastNodes = 24;  // of a variant

/// Four digits are more than a fit knows.
double digits(double value) {
  if (value == 0) return 0;
  const double scale = std::pow(10, 3 - std::floor(std::log10(std::abs(value))));
  return std::round(value * scale) / scale;
}

double thousandths(double value) {
  const double rounded = std::round(value * 1000) / 1000;
  return rounded == 0 ? 0 : rounded;  // no -0
}

/// Whole numbers without a point: shapes are counts.
Json number(double value) {
  if (value == std::floor(value) && std::abs(value) < 1e15) return static_cast<std::int64_t>(value);
  return value;
}

std::string_view precision_name(Precision precision) {
  switch (precision) {
    case Precision::bf16:
      return "bf16";
    case Precision::fp8:
      return "fp8";
    case Precision::fp4:
      return "fp4";
  }
  return "bf16";
}

Json range_json(const KernelFit& fit) {
  Json json = Json::object();
  for (std::size_t i = 0; i < fit.family().axes.size(); ++i) {
    json[std::string(fit.family().axes[i])] = {number(fit.params().low[i]), number(fit.params().high[i])};
  }
  return json;
}

Json coefficient_json(const KernelFit& fit) {
  Json json = Json::object();
  for (std::size_t i = 0; i < fit.family().coefficients.size(); ++i) {
    json[std::string(fit.family().coefficients[i].name)] = digits(fit.params().coefficients[i]);
  }
  return json;
}

Json errors_json(const KernelErrors& errors) {
  return {{"on_grid", thousandths(errors.on_grid)},
          {"unseen_shape", thousandths(errors.unseen_shape)},
          {"beyond", thousandths(errors.beyond)},
          {"unseen_device", thousandths(errors.unseen_device)}};
}

/// Each part as the places of its coordinates.
Json parts_json(std::span<const Coordinates> parts) {
  Json json = Json::array();
  for (const Coordinates part : parts) {
    Json& coordinates = json.emplace_back(Json::array());
    for (std::size_t i = 0; i < kMaxPlaceSize; ++i) {
      if ((part >> i & 1U) != 0) coordinates.push_back(i);
    }
  }
  return json;
}

/// Samples of one variant, in the order of its residual's points.
std::vector<const Sample*> samples_of(const Dataset& data, const KernelVariant& variant) {
  std::vector<const Sample*> out;
  for (const Sample& sample : data.samples) {
    if (data.variants[sample.variant].name == variant.name) out.push_back(&sample);
  }
  return out;
}

/// A residual at few shapes, and how far times are off with it.
struct ThinnedResidual {
  Json json;
  double error = 0;  // mean, relative, over all measured rows
};

ThinnedResidual thinned_residual(const KernelFit& fit, const std::vector<const Sample*>& samples, std::size_t count) {
  const ResidualField& whole = fit.params().residual;
  const Smoothing smoothing = thinned(whole.smoothing());
  std::vector<std::size_t> varying;
  ThinnedResidual out;
  out.json = {{"neighbours", smoothing.neighbours}, {"range", smoothing.range}, {"noise", smoothing.noise}};
  if (!whole.parts().empty()) out.json["parts"] = parts_json(whole.parts());
  Json& axes = out.json["axes"] = Json::array();
  for (std::size_t i = 0; i < fit.family().axes.size(); ++i) {
    if (fit.params().low[i] == fit.params().high[i]) continue;
    varying.push_back(i);
    axes.push_back(fit.family().axes[i]);
  }
  std::vector<Place> places;
  std::vector<double> values;
  Json& nodes = out.json["nodes"] = Json::array();
  for (const std::uint32_t index : choose_nodes(whole, count)) {
    places.push_back(whole.points()[index]);
    values.push_back(thousandths(whole.at(places.back())));
    Json node = Json::array();
    for (const std::size_t axis : varying) node.push_back(number(samples[index]->axis[axis]));
    node.push_back(values.back());
    nodes.push_back(std::move(node));
  }
  const ResidualField few(std::move(places), std::move(values), smoothing, whole.parts());
  for (std::size_t i = 0; i < whole.size(); ++i) {
    out.error +=
        std::abs(std::exp(few.at(whole.points()[i]) - whole.values()[i]) - 1) / static_cast<double>(whole.size());
  }
  return out;
}

Json variant_json(const FittedTable& table, const KernelFit& fit, std::size_t nodes) {
  const double share = static_cast<double>(fit.params().rows) / static_cast<double>(table.data.samples.size());
  // Shapes that an engine ran are priced as they are, not between others: nothing of them is left out.
  const bool whole = fit.variant().in_engine() && !fit.family().shape.empty();
  const std::size_t count =
      whole ? fit.params().rows : std::max(kLeastNodes, static_cast<std::size_t>(share * static_cast<double>(nodes)));
  ThinnedResidual residual = thinned_residual(fit, samples_of(table.data, fit.variant()), count);
  KernelErrors errors = table.errors;
  for (double* error : {&errors.on_grid, &errors.unseen_shape, &errors.beyond, &errors.unseen_device}) {
    if (*error > 0) *error = std::max(*error, residual.error);
  }
  return {{"base", fit.variant().base},
          {"precision", precision_name(fit.variant().precision)},
          {"rows", fit.params().rows},
          {"coefficients", coefficient_json(fit)},
          {"range", range_json(fit)},
          {"errors", errors_json(errors)},
          {"residual", std::move(residual.json)}};
}

void write_text(const fs::path& file, const std::string& text) {
  fs::create_directories(file.parent_path());
  std::ofstream out(file);
  out << text;
  out.close();
  if (!out) throw std::runtime_error(fmt::format("{}: cannot be written", file.string()));
}

/// One variant a line: a file that a diff can show.
std::string lines_of(const Json& header, const std::vector<std::pair<std::string, std::string>>& variants) {
  std::string out = "{\n";
  for (const auto& [key, value] : header.items()) out += fmt::format("\"{}\": {},\n", key, value.dump());
  out += "\"variants\": {\n";
  for (std::size_t i = 0; i < variants.size(); ++i) {
    out += fmt::format("{}: {}{}\n", Json(variants[i].first).dump(), variants[i].second,
                       i + 1 < variants.size() ? "," : "");
  }
  return out + "}}\n";
}

/// Of the tables that rows came from. Those of timed layers are all called alike: their folders tell them apart.
std::set<std::string> names_of(const Dataset& data) {
  std::set<std::string> names;
  for (const Sample& sample : data.samples) {
    const fs::path file = data.files[sample.file];
    const auto layers = layer_table_path(file);
    names.insert(layers ? fmt::format("{} tp{} {}", layers->model, layers->ranks, layers->stem)
                        : file.filename().string());
  }
  return names;
}

}  // namespace

std::string coefficients_json(const FittedTable& table, const std::string& source, std::size_t nodes) {
  Json header = {{"format", 1}, {"family", table.fitted.family->name}, {"device", table.fitted.spec->name}};
  header["source"] = source;
  header["tables"] = names_of(table.data);
  std::vector<std::pair<std::string, std::string>> variants;
  for (const KernelFit& fit : table.fitted.table.fits()) {
    variants.emplace_back(fit.variant().name, variant_json(table, fit, nodes).dump());
  }
  return lines_of(header, variants);
}

std::vector<fs::path> write_coefficients(const std::vector<FittedTable>& tables, const std::string& source,
                                         const fs::path& catalogue) {
  std::vector<std::string> texts(tables.size());
  for_each_index(tables.size(), [&](std::size_t i) { texts[i] = coefficients_json(tables[i], source); });
  std::vector<fs::path> files;
  for (std::size_t i = 0; i < tables.size(); ++i) {
    const fs::path file =
        catalogue / "hardware" / tables[i].fitted.spec->name / (std::string(tables[i].fitted.family->name) + ".json");
    write_text(file, texts[i]);
    files.push_back(file);
  }
  return files;
}

std::string step_json(const FittedSteps& steps, const std::string& source) {
  Json json = {{"format", 1}, {"device", steps.device->name}, {"source", source}, {"tables", steps.folders}};
  Json& coefficients = json["coefficients"] = {{"host_s", 0}, {"sequence_s", 0}};
  for (std::size_t i = 0; i < kStepCoefficients.size(); ++i) {
    coefficients[std::string(kStepCoefficients[i].name)] = digits(steps.coefficients[i]);
  }
  return json.dump(1) + "\n";
}

fs::path write_steps(const FittedSteps& steps, const std::string& source, const fs::path& catalogue) {
  const fs::path file = catalogue / "hardware" / steps.device->name / "step.json";
  write_text(file, step_json(steps, source));
  return file;
}

}  // namespace cleave::fit
