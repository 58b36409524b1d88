#include "sim/workload/length_model.h"

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "sim/workload/param_check.h"
#include "sim/workload/trace/csv_line.h"
#include "sim/workload/trace/line_reader.h"
#include "sim/workload/trace/problems.h"

namespace cleave {

namespace {

constexpr std::int64_t kLongest = 1LL << 31;  // spans count tokens in 32 bits

void check_length(Tokens tokens, const std::string& path, std::string_view field) {
  require(tokens.value() >= 1 && tokens.value() < kLongest, path, field, tokens.value(),
          "a whole number from 1 to 2147483647");
}

std::map<std::int64_t, double> read_histogram(const std::string& file) {
  Problems problems(file);
  LineReader lines(file, problems);
  std::map<std::int64_t, double> bins;
  CsvLine line(problems);
  if (!lines.next() || lines.text() != "tokens,weight") {
    problems.add(lines.number(), "header", lines.text(), "\"tokens,weight\"");
    return bins;
  }
  while (lines.next()) {
    if (!line.split(lines.number(), lines.text(), 2)) continue;
    const auto tokens = line.integer(0, "tokens", 1, kLongest - 1);
    const auto weight = line.number(1, "weight", 0.0);
    if (!tokens || !weight) continue;
    if (!bins.emplace(*tokens, *weight).second)
      problems.add(lines.number(), "tokens", *tokens, "a length not yet listed");
  }
  return bins;
}

}  // namespace

LengthModel::Bins LengthModel::make_bins(const HistogramLength& histogram, const std::string& path) {
  require(histogram.bins.empty() != histogram.file.empty(), path, "bins", histogram.bins.size(),
          "either bins or a file, not both and not neither");
  const auto bins = histogram.file.empty() ? histogram.bins : read_histogram(histogram.file);
  double total = 0;
  for (const auto& [tokens, weight] : bins) {
    check_length(Tokens{tokens}, path, "bins");
    require(std::isfinite(weight) && weight >= 0, path, "bins", weight, "a weight of zero or more");
    total += weight;
  }
  require(total > 0, path, "bins", total, "weights that sum to more than zero");
  Bins result;
  double sum = 0;
  for (const auto& [tokens, weight] : bins) {
    if (weight == 0) continue;
    sum += weight;
    result.bins.push_back({sum / total, tokens});
  }
  return result;
}

LengthModel::LengthModel(const LengthParams& params, const std::string& path) {
  if (const auto* fixed = std::get_if<FixedLength>(&params)) {
    check_length(fixed->tokens, path, "tokens");
    model_ = *fixed;
  } else if (const auto* uniform = std::get_if<UniformLength>(&params)) {
    check_length(uniform->min, path, "min");
    check_length(uniform->max, path, "max");
    require(uniform->min <= uniform->max, path, "max", uniform->max.value(), "at least min");
    model_ = *uniform;
  } else if (const auto* curve = std::get_if<LognormalLength>(&params)) {
    check_length(curve->median, path, "median");
    check_length(curve->min, path, "min");
    check_length(curve->max, path, "max");
    require(curve->min <= curve->max, path, "max", curve->max.value(), "at least min");
    require(std::isfinite(curve->sigma) && curve->sigma >= 0, path, "sigma", curve->sigma, "zero or more");
    model_ = *curve;
  } else {
    model_ = make_bins(std::get<HistogramLength>(params), path);
  }
}

Tokens LengthModel::draw(Rng& rng) const {
  return std::visit(
      [&rng](const auto& model) -> Tokens {
        using Model = std::decay_t<decltype(model)>;
        if constexpr (std::is_same_v<Model, FixedLength>) {
          return model.tokens;
        } else if constexpr (std::is_same_v<Model, UniformLength>) {
          const auto width = static_cast<std::uint64_t>(model.max.value() - model.min.value()) + 1;
          return model.min + Tokens{static_cast<std::int64_t>(uniform_below(rng, width))};
        } else if constexpr (std::is_same_v<Model, LognormalLength>) {
          const double drawn = lognormal(rng, std::log(static_cast<double>(model.median.value())), model.sigma);
          const double least = static_cast<double>(model.min.value());
          const double most = static_cast<double>(model.max.value());
          return Tokens{std::llround(std::clamp(drawn, least, most))};
        } else {
          const double u = uniform01(rng);
          const auto bin = std::upper_bound(model.bins.begin(), model.bins.end(), u,
                                            [](double value, const Bin& b) { return value < b.cumulative; });
          return Tokens{bin == model.bins.end() ? model.bins.back().tokens : bin->tokens};
        }
      },
      model_);
}

}  // namespace cleave
