// Decodes in one call of FlashAttention 2 with a prompt: layers of engines. What they add to the prompt alone.

#include "models/cost/forms/joint_attention.h"

#include <fmt/format.h>

#include <map>

#include "calibration/fit/families/families.h"
#include "calibration/fit/layers/attention_layers.h"

namespace cleave::fit {
namespace {

enum Axis : std::size_t { kBatch, kContext, kHeads, kKvHeads, kWidth, kBeside, kTile };

/// kBlockM of run_mha_fwd_splitkv_dispatch. Devices whose entry has no `compute.query_tile` run another kernel: what is
/// fitted to their tables is never asked for.
constexpr double kTileRows = 64;
/// What decodes add is told from what the prompt's own time varies by only where it is at least this share of it.
/// Single decodes of short contexts are kept only where noise made them dear.
constexpr double kLeastShare = 0.5;

/// These tables hold no kernel of this family alone.
void read_none(CsvTable& table, RowSink&) {
  table.fail("holds no timed layers");
}

void read_layers(CsvTable& table, const TimedModel& model, std::string_view stem, RowSink& sink) {
  if (stem != "attention") return;
  AttentionLayers layers(table, model);
  const AttentionHeads& h = layers.heads();
  const std::string base = attention_base("bfloat16", h.width, 0);
  std::map<std::pair<double, double>, double> alone;  // seconds, by chunk and prefix
  while (const auto call = layers.next()) {
    if (call->chunk == 0) continue;
    const std::pair prompt{call->chunk, call->prefix};
    if (call->decodes == 0) {
      alone[prompt] = call->seconds;
      continue;
    }
    const auto without = alone.find(prompt);
    if (without == alone.end()) table.fail("no row before it has the same prompt without decodes");
    const double added = call->seconds - without->second;
    if (added < kLeastShare * without->second) continue;
    Sample s;
    s.axis = {call->decodes, call->context, h.query, h.kv, h.width, call->chunk, kTileRows};
    s.seconds = added;
    s.variant = sink.variant(base + "/layer", base, Precision::bf16);
    sink.add(s, table);
  }
}

std::uint64_t head_pair(const Sample& s) {
  return mixed_key({s.axis[kHeads], s.axis[kKvHeads]});
}

constexpr std::array<std::size_t, 3> kGrowing{kContext, kBatch, kHeads};

constexpr std::array<Region, 5> kRegions{{
    {"on the grid", RegionKind::random, 0, nullptr, 0, 0},
    {"unseen shape", RegionKind::group, 0, head_pair, 0, 0},
    {"beyond in length", RegionKind::beyond, kContext, nullptr, 0, 0},
    {"beyond in batch", RegionKind::beyond, kBatch, nullptr, 0, 0},
    {"unseen device", RegionKind::device, 0, nullptr, 0, 0},
}};

}  // namespace

const Family& joint_attention_family() {
  static const Family kFamily = with_layers({{kernel_family("joint_attention")},
                                             "decodes beside prompts",
                                             "joint_attention_perf",
                                             kRegions,
                                             read_none,
                                             kGrowing},
                                            read_layers);
  return kFamily;
}

}  // namespace cleave::fit
