#pragma once
// Engine iterations of a real server: tables `fpm_detail` with their `engine_config.json`.

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "calibration/fit/model_table.h"
#include "models/arch/layout.h"
#include "models/arch/llm_spec.h"
#include "models/cost/step_cost.h"

namespace cleave::fit {

/// One iteration.
struct StepRow {
  std::vector<PrefillChunk> prefills;
  std::int64_t decodes = 0;
  Tokens decode_context;
  double context_spread = 0;  // standard deviation of the decodes' contexts, of their mean
  bool real = false;          // of a served workload; otherwise of a sweep
  double seconds = 0;
  std::uint32_t line = 0;

  [[nodiscard]] double tokens() const;
};

/// All iterations of one server.
struct StepTable {
  std::string folder;
  const LlmSpec* model = nullptr;  // borrowed
  ReplicaLayout layout;
  std::vector<StepRow> rows;

  [[nodiscard]] bool same_layout(const StepTable& other) const {
    return layout.tp == other.layout.tp && layout.ep == other.layout.ep && layout.pp == other.layout.pp;
  }
};

/// Folders under `folder` that hold a step table. Result: empty when there is none.
[[nodiscard]] std::vector<std::filesystem::path> find_step_folders(const std::filesystem::path& folder);

/// Reads one. Steps without any request, which some servers log, are left out.
/// Errors: ConfigError "file:line: reason"; an engine_config.json that is absent, no JSON, or names a model that the
/// catalogue lacks.
[[nodiscard]] StepTable read_steps(const std::filesystem::path& folder, const ModelTable& models);

}  // namespace cleave::fit
