#include "sim/app/explain_command.h"

#include <fmt/format.h>
#include <fmt/ostream.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>

#include "models/arch/parameters.h"
#include "models/cost/make_cost.h"
#include "models/units/error.h"
#include "sim/app/batch_text.h"
#include "sim/app/commands.h"
#include "sim/scenario/catalogue_fields.h"
#include "sim/scenario/param_names.h"
#include "sim/scenario/pool_layout.h"

namespace cleave {
namespace {

using Json = nlohmann::ordered_json;

ReplicaLayout checked_layout(const PoolParams& pool, const LlmSpec& model) {
  const auto layout = layout_of(pool);
  if (!layout) {
    throw ConfigError(fmt::format("explain: got weights `{}` and KV `{}`, expected formats out of: {}",
                                  pool.weight_dtype, pool.kv_dtype, fmt::join(kv_dtype_names(), ", ")));
  }
  if (is_kv_codec(layout->weights)) {
    throw ConfigError(fmt::format("explain: `{}` stores KV, expected bf16, fp8 or fp4 for weights", pool.weight_dtype));
  }
  if (const auto problem = layout_problem(model, *layout)) {
    throw ConfigError(fmt::format("explain: {} rules this layout out: {}", model.name, *problem));
  }
  if (pool.cost == "roofline" && layout->kv_groups() > 1) {
    throw ConfigError("explain: a roofline knows neither --dp-attention nor --cp");
  }
  return *layout;
}

EngineKernels checked_kernels(const PoolParams& pool, const LlmSpec& model, const DeviceSpec& device,
                              const std::filesystem::path& hardware) {
  const EngineKernels kernels = kernels_of(pool);
  EngineKernels usual;
  usual.mixed = kernels.mixed;  // means nothing elsewhere, and is refused nowhere
  if (kernels != usual && (pool.cost == "roofline" || device.sram)) {
    throw ConfigError(
        "explain: only the cost model `calibrated` of accelerators with memory of their own knows --attention-backend, "
        "--moe-backend, --cudagraph-mode, --fuse-allreduce-rms and --peer-access");
  }
  if (const auto problem = attention_problem(kernels.attention, device)) {
    throw ConfigError(fmt::format("explain: got --attention-backend {}, but {}", name_of(kernels.attention), *problem));
  }
  if (const auto problem = experts_problem(pool, model, device, hardware)) {
    throw ConfigError(fmt::format("explain: got --moe-backend {}, but {}", name_of(kernels.experts), *problem));
  }
  if (const auto problem = fusion_problem(kernels.fused_reduce, device)) {
    throw ConfigError(fmt::format("explain: got --fuse-allreduce-rms, but {}", *problem));
  }
  if (const auto problem = peer_problem(kernels.peers, device)) {
    throw ConfigError(fmt::format("explain: got --peer-access {}, but {}", name_of(kernels.peers), *problem));
  }
  return kernels;
}

/// Seconds by source, in the order of sources.
std::array<double, kPriceSources> by_source(const StepBreakdown& step) {
  std::array<double, kPriceSources> seconds{};
  for (const PricedOperation& row : step.rows) seconds[static_cast<std::size_t>(row.source)] += row.seconds;
  return seconds;
}

/// Prices by a fit are as sure as the fit; others as the figures that they rest on.
std::string_view confidence_text(const PricedOperation& row) {
  if (row.source == PriceSource::fitted || row.source == PriceSource::extrapolated) return "fitted";
  return name_of(row.confidence);
}

struct Explained {
  const ExplainParams& params;
  BatchShape batch;
  StepBreakdown step;
  double charged = 0;  // seconds, as the simulator does
};

void print_text(const Explained& e, std::ostream& out) {
  const PoolParams& pool = e.params.pool;
  std::int64_t prompt_tokens = 0;
  for (const PrefillChunk& chunk : e.batch.prefills) prompt_tokens += chunk.tokens.value();
  fmt::print(out, "{} on {}, tp {} pp {}, {} weights, {} KV: {} prompt tokens in {} chunks, {} decodes\n", pool.model,
             pool.hardware, pool.parallel.tp, pool.parallel.pp, pool.weight_dtype, pool.kv_dtype, prompt_tokens,
             e.batch.prefills.size(), e.batch.decodes);
  fmt::print(out, "attention {}, experts {}, mixed {}, graphs {}, peers {}{}\n", name_of(pool.engine.attention_backend),
             name_of(pool.engine.moe_backend), name_of(pool.engine.mixed_attention),
             name_of(pool.engine.cudagraph_mode), name_of(pool.peer_access),
             pool.engine.fuse_allreduce_rms ? ", all-reduces fused with norms" : "");
  fmt::print(out, "a step takes {:.4f} ms\n\n", e.charged * 1e3);
  fmt::print(out, "{:<26} {:<17} {:>5} {:<44} {:>10} {:>6} {:>10} {:>10} {:>9}  {:<12} {:>5}  {}\n", "operation",
             "kind", "times", "each", "us", "share", "GFLOP", "MB", "KV MB", "priced by", "+- %", "confidence");
  for (const PricedOperation& row : e.step.rows) {
    fmt::print(out, "{:<26} {:<17} {:>5g} {:<44} {:>10.1f} {:>5.1f}% {:>10.3f} {:>10.3f} {:>9.3f}  {:<12} {:>5}  {}\n",
               row.name, row.kind, row.count, row.shape, row.seconds * 1e6, 100 * row.seconds / e.step.total(),
               row.flops * 1e-9, row.bytes * 1e-6, row.kv_bytes * 1e-6, to_string(row.source),
               row.error > 0 ? fmt::format("{:.0f}", 100 * row.error) : "-", confidence_text(row));
  }
  fmt::print(out, "\npriced by:");
  const auto seconds = by_source(e.step);
  for (std::size_t i = 0; i < seconds.size(); ++i) {
    if (seconds[i] != 0) {
      fmt::print(out, " {} {:.1f} %", to_string(static_cast<PriceSource>(i)), 100 * seconds[i] / e.step.total());
    }
  }
  fmt::print(out, "\n");
}

Json row_json(const PricedOperation& row) {
  return {{"operation", row.name},
          {"kind", row.kind},
          {"times", row.count},
          {"each", row.shape},
          {"time_s", row.seconds},
          {"flops", row.flops},
          {"bytes", row.bytes},
          {"kv_bytes", row.kv_bytes},
          {"priced_by", to_string(row.source)},
          {"relative_error", row.error > 0 ? Json(row.error) : Json(nullptr)},
          {"confidence", confidence_text(row)}};
}

void print_json(const Explained& e, std::ostream& out) {
  Json json = {{"model", e.params.pool.model},
               {"hardware", e.params.pool.hardware},
               {"cost", e.params.pool.cost},
               {"attention_backend", name_of(e.params.pool.engine.attention_backend)},
               {"moe_backend", name_of(e.params.pool.engine.moe_backend)},
               {"mixed_attention", name_of(e.params.pool.engine.mixed_attention)},
               {"cudagraph_mode", name_of(e.params.pool.engine.cudagraph_mode)},
               {"peer_access", name_of(e.params.pool.peer_access)},
               {"fuse_allreduce_rms", e.params.pool.engine.fuse_allreduce_rms},
               {"step_s", e.charged},
               {"operations", Json::array()},
               {"priced_by", Json::object()}};
  for (const PricedOperation& row : e.step.rows) json["operations"].push_back(row_json(row));
  const auto seconds = by_source(e.step);
  for (std::size_t i = 0; i < seconds.size(); ++i) {
    json["priced_by"][std::string(to_string(static_cast<PriceSource>(i)))] = seconds[i];
  }
  out << json.dump(2) << '\n';
}

/// An option whose values are the names that scenarios have for them.
template <class E>
void add_named(CLI::App& step, const char* flag, E& value, const char* help) {
  std::string type;
  for (const NamedValue<E>& named : EnumNames<E>::values) type += (type.empty() ? "" : "|") + std::string(named.name);
  const auto read = [&value, flag, type](const std::string& name) {
    const auto found = std::find_if(EnumNames<E>::values.begin(), EnumNames<E>::values.end(),
                                    [&](const NamedValue<E>& named) { return named.name == name; });
    if (found == EnumNames<E>::values.end()) {
      throw CLI::ValidationError(flag, fmt::format("got \"{}\", expected {}", name, type));
    }
    value = found->value;
  };
  step.add_option_function<std::string>(flag, read, help)->type_name(type);
}

class ExplainCommand final : public Command {
 public:
  explicit ExplainCommand(CLI::App& parser) {
    parser.require_subcommand(1);
    CLI::App& step = *parser.add_subcommand("step", "one engine step: its operations, and what prices them");
    step.footer(
        "Examples:\n"
        "  cleave explain step --model llama-3.1-8b --hardware h100-sxm --batch 64x2000\n"
        "  cleave explain step --model qwen3-235b-a22b --hardware b200-sxm --tp 8 --ep 8 --weights-dtype fp8 "
        "--batch 2048,512@4096,64x1500 --format json\n");
    PoolParams& pool = params_.pool;
    step.add_option("--model", pool.model, "of the catalogue")->required()->type_name("MODEL");
    step.add_option("--hardware", pool.hardware, "accelerator, of the catalogue")->required()->type_name("HARDWARE");
    step.add_option("--batch", params_.batch,
                    "TOKENS or TOKENS@CONTEXT of a prompt, COUNTxCONTEXT of decodes; with commas")
        ->required()
        ->type_name("ITEMS");
    const auto ranks = [&step](const char* flag, std::uint32_t& value, const char* help) {
      step.add_option(flag, value, help)->check(CLI::Range(1, 1024))->type_name("N");
    };
    ranks("--tp", pool.parallel.tp, "tensor-parallel accelerators");
    ranks("--pp", pool.parallel.pp, "pipeline stages: the step is one batch's way through all");
    ranks("--ep", pool.parallel.ep, "ranks of tp that hold different experts");
    ranks("--dp-attention", pool.parallel.dp_attention, "groups of tp that attend to different sequences");
    ranks("--cp", pool.parallel.cp, "copies over which a prompt's tokens are spread");
    step.add_option("--expert-imbalance", pool.parallel.expert_imbalance, "tokens of the busiest rank, of the mean")
        ->check(CLI::Range(1.0, 1000.0));
    step.add_option("--weights-dtype", pool.weight_dtype, "bf16, fp8 or fp4")->type_name("FORMAT");
    step.add_option("--kv-dtype", pool.kv_dtype, "format of the KV cache")->type_name("FORMAT");
    step.add_option("--cost", pool.cost, "cost model")->check(CLI::IsMember({"calibrated", "roofline"}));
    add_named(step, "--attention-backend", pool.engine.attention_backend, "attention kernels");
    add_named(step, "--moe-backend", pool.engine.moe_backend, "library of routed experts");
    add_named(step, "--mixed-attention", pool.engine.mixed_attention, "kernels of prompts and decodes together");
    add_named(step, "--cudagraph-mode", pool.engine.cudagraph_mode, "which steps run from captured graphs");
    step.add_flag("--fuse-allreduce-rms", pool.engine.fuse_allreduce_rms,
                  "small all-reduces are one kernel with the norm");
    add_named(step, "--peer-access", pool.peer_access, "how accelerators without links reach each other");
    step.add_option("--draft-tokens", params_.draft_tokens, "that each decode drafts and verifies")
        ->check(CLI::Range(0, 64));
    step.add_flag("--scheduled-ahead", params_.scheduled_ahead, "the host's work is hidden behind the step before");
    add_format(step, params_.format);
  }

  ExitCode run() override { return explain_command(params_, Catalogue::load(catalogue_folder()), std::cout); }

 private:
  ExplainParams params_;
};

}  // namespace

ExitCode explain_command(const ExplainParams& params, const Catalogue& catalogue, std::ostream& out) {
  const PoolParams& pool = params.pool;
  const LlmSpec& model = catalogue.llm(pool.model);
  const DeviceSpec& device = catalogue.device(pool.hardware);
  const ReplicaLayout layout = checked_layout(pool, model);
  WrittenBatch written = parse_batch(params.batch);
  written.shape.decode_width = params.draft_tokens + 1;
  written.shape.scheduled_ahead = params.scheduled_ahead;
  const EngineKernels kernels = checked_kernels(pool, model, device, catalogue.hardware_folder());
  const auto cost = make_step_cost(pool.cost, model, device, layout, catalogue.hardware_folder(), kernels);
  const Explained explained{params, written.batch(), cost->explain(written.batch()),
                            to_seconds(cost->step(written.batch()))};
  if (params.format == OutputFormat::text)
    print_text(explained, out);
  else
    print_json(explained, out);
  return ExitCode::ok;
}

std::unique_ptr<Command> make_explain_command(CLI::App& parser) {
  return std::make_unique<ExplainCommand>(parser);
}

}  // namespace cleave
