#pragma once
// Timings of an engine's layers, as LLMServingSim's profiler records them while vLLM runs a model of one layer:
// <accelerator>/<organisation>/<model>/bf16/tp<ranks>/{dense,per_sequence,attention,moe}.csv, in microseconds. Every
// weight and every KV block comes from memory there.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "calibration/fit/model_table.h"
#include "models/arch/layer_work.h"
#include "models/arch/layout.h"
#include "models/arch/llm_spec.h"

namespace cleave::fit {

/// What the place of such a table says about it.
struct LayerTablePath {
  std::string device;  // the accelerator's folder
  std::string model;   // the model's folder
  std::uint32_t ranks = 1;
  std::string stem;  // "dense"
};
/// Result: nullopt for any other file.
[[nodiscard]] std::optional<LayerTablePath> layer_table_path(const std::filesystem::path& file);

/// The model whose layers were timed, and how it was split.
struct TimedModel {
  const LlmSpec* spec = nullptr;  // borrowed
  ReplicaLayout layout;

  /// Of its first group of layers.
  [[nodiscard]] LayerWork layer() const { return layer_work(*spec, spec->layers.front(), layout); }
};
/// "Qwen3-30B-A3B-Instruct-2507" is the catalogue's `qwen3-30b-a3b`: the longest entry that the name begins with.
/// Errors: ConfigError naming the file, if the catalogue has none.
[[nodiscard]] TimedModel timed_model(const std::filesystem::path& file, const LayerTablePath& path,
                                     const ModelTable& models);

}  // namespace cleave::fit
