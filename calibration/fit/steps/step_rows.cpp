#include "calibration/fit/steps/step_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "calibration/fit/table/csv_table.h"
#include "models/units/error.h"

namespace cleave::fit {
namespace {

namespace fs = std::filesystem;

constexpr const char* kTable = "fpm_detail.csv";
constexpr const char* kConfig = "engine_config.json";

fs::path table_in(const fs::path& folder) {
  const fs::path plain = folder / kTable;
  return fs::exists(plain) ? plain : folder / (std::string(kTable) + ".gz");
}

Tokens whole(double tokens) {
  return Tokens{static_cast<std::int64_t>(std::llround(tokens))};
}

/// Chunks with the sum and the variance of the row: half of them longer, half shorter.
std::vector<PrefillChunk> chunks(double count, double tokens, double variance, double context) {
  std::vector<PrefillChunk> out;
  const auto n = static_cast<std::int64_t>(count);
  const double mean = n > 0 ? tokens / count : 0;
  const double spread = n > 1 ? std::min(std::sqrt(variance), mean - 1) : 0;
  for (std::int64_t i = 0; i < n; ++i) {
    const bool middle = n % 2 == 1 && i == n - 1;
    const double length = middle ? mean : mean + (i % 2 == 0 ? spread : -spread);
    out.push_back({whole(length), whole(context / count)});
  }
  return out;
}

nlohmann::json read_json(const fs::path& file) {
  std::ifstream in(file);
  if (!in) throw ConfigError(fmt::format("{}: cannot be opened", file.string()));
  try {
    return nlohmann::json::parse(in);
  } catch (const nlohmann::json::exception& error) {
    throw ConfigError(fmt::format("{}: {}", file.string(), error.what()));
  }
}

/// "Qwen/Qwen3-32B" is the catalogue's "qwen3-32b".
std::string catalogue_name(std::string name) {
  name = name.substr(name.rfind('/') + 1);
  std::transform(name.begin(), name.end(), name.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
  return name;
}

void read_config(const fs::path& file, const ModelTable& models, StepTable& table) {
  const nlohmann::json config = read_json(file);
  try {
    const std::string model = config.at("requested").at("deployment_config").at("model");
    table.layout.tp = config.at("effective").at("parallel_config.tensor_parallel_size");
    table.layout.pp = config.at("effective").value("parallel_config.pipeline_parallel_size", 1U);
    const auto flags = config.at("requested").at("deployment_config").value("extra_args", std::vector<std::string>{});
    const bool experts_apart = std::find(flags.begin(), flags.end(), "--enable-expert-parallel") != flags.end();
    if (experts_apart) table.layout.ep = table.layout.tp;
    const auto found = models.find(catalogue_name(model));
    if (found == models.end()) {
      throw ConfigError(fmt::format("{}: model \"{}\" is not in the catalogue (as `{}`)", file.string(), model,
                                    catalogue_name(model)));
    }
    table.model = found->second;
  } catch (const nlohmann::json::exception& error) {
    throw ConfigError(fmt::format("{}: {}", file.string(), error.what()));
  }
}

}  // namespace

double StepRow::tokens() const {
  double sum = static_cast<double>(decodes);
  for (const PrefillChunk& chunk : prefills) sum += static_cast<double>(chunk.tokens.value());
  return sum;
}

std::vector<fs::path> find_step_folders(const fs::path& folder) {
  std::error_code failed;
  if (!fs::is_directory(folder, failed)) throw ConfigError(fmt::format("{}: no such folder", folder.string()));
  std::vector<fs::path> out;
  if (fs::exists(table_in(folder))) out.push_back(folder);
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_directory() && fs::exists(table_in(entry.path()))) out.push_back(entry.path());
  }
  std::sort(out.begin(), out.end());
  return out;
}

StepTable read_steps(const fs::path& folder, const ModelTable& models) {
  StepTable out;
  out.folder = folder.filename().string();
  read_config(folder / kConfig, models, out);
  CsvTable table(table_in(folder).string());
  const std::size_t segment = table.column("workload_segment");
  const std::size_t prefill_tokens = table.column("sum_prefill_tokens");
  const std::size_t prefill_requests = table.column("num_prefill_requests");
  const std::size_t prefill_context = table.column("sum_prefill_kv_tokens");
  const std::size_t prefill_variance = table.column("var_prefill_length");
  const std::size_t decodes = table.column("num_decode_requests");
  const std::size_t decode_context = table.column("sum_decode_kv_tokens");
  const std::size_t decode_variance = table.column("var_decode_kv_tokens");
  const std::size_t latency = table.column("latency_ms");
  while (table.next()) {
    const double requests = table.non_negative(prefill_requests);
    const double running = table.non_negative(decodes);
    const double seconds = table.positive(latency) * 1e-3;
    if (requests == 0 && running == 0) continue;
    StepRow row;
    row.prefills = chunks(requests, table.non_negative(prefill_tokens), table.non_negative(prefill_variance),
                          table.non_negative(prefill_context));
    row.decodes = static_cast<std::int64_t>(running);
    row.decode_context = whole(table.non_negative(decode_context));
    const double mean = running > 0 ? table.number(decode_context) / running : 0;
    row.context_spread = mean > 0 ? std::sqrt(table.non_negative(decode_variance)) / mean : 0;
    row.real = table.text(segment) == "real";
    row.seconds = seconds;
    row.line = table.line();
    out.rows.push_back(std::move(row));
  }
  return out;
}

}  // namespace cleave::fit
