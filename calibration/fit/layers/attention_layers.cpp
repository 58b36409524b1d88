#include "calibration/fit/layers/attention_layers.h"

#include <fmt/format.h>

#include "models/units/real.h"

namespace cleave::fit {

AttentionLayers::AttentionLayers(CsvTable& table, const TimedModel& model)
    : table_(table),
      chunk_(table.column("prefill_chunk")),
      prefix_(table.column("kv_prefill")),
      decodes_(table.column("n_decode")),
      context_(table.column("kv_decode")),
      time_(table.column("time_us")) {
  const auto* a = std::get_if<GroupedAttention>(&model.spec->layers.front().attention);
  if (a == nullptr) table.fail(fmt::format("model `{}` has no grouped attention", model.spec->name));
  const auto ranks = model.layout.attention_ranks();
  heads_ = {real(share_of(a->heads, ranks)), real(share_of(a->kv_heads, ranks)), real(a->head_dim), 2, 2, 0};
}

std::optional<AttentionCall> AttentionLayers::next() {
  if (!table_.next()) return std::nullopt;
  const AttentionCall call{table_.non_negative(chunk_), table_.non_negative(prefix_), table_.non_negative(decodes_),
                           table_.non_negative(context_), table_.positive(time_) * 1e-6};
  if (call.chunk == 0 && call.decodes == 0) table_.fail("neither `prefill_chunk` nor `n_decode` is above zero");
  if (call.decodes > 0 && call.context == 0) table_.fail("`kv_decode` is zero, of decodes");
  return call;
}

}  // namespace cleave::fit
