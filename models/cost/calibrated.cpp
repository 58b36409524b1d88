#include "models/cost/calibrated.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "models/arch/layer_work.h"
#include "models/cost/flash_attention.h"
#include "models/cost/knots.h"
#include "models/cost/operations.h"
#include "models/cost/prompt_prices.h"

namespace cleave {
namespace {

using Operations = std::vector<Operation>;

/// Seconds at knots, priced when first asked.
class Curve {
 public:
  /// `price(knot)` gives seconds.
  template <class Price>
  double at(const KnotPosition& position, Price price) {
    const double low = knot(position.below, price);
    return position.weight <= 0 ? low : low + position.weight * (knot(position.below + 1, price) - low);
  }

 private:
  template <class Price>
  double knot(std::size_t index, Price price) {
    if (index >= seconds_.size()) seconds_.resize(index + 1, std::numeric_limits<double>::quiet_NaN());
    if (std::isnan(seconds_[index])) seconds_[index] = price(index);
    return seconds_[index];
  }

  std::vector<double> seconds_;
};

/// Decodes of one batch size and width: all but their scans, and the scans by context.
struct DecodeLine {
  double host = 0;
  double offset = 0;
  double scale = 1;
  double launches = 0;  // the host's least time, beyond the graphs
  double rows = 0;      // seconds of all operations but scans, were there no prompts
  double drafts = 0;    // of the drafts among those
  double decodes = 0;
  double width = 1;
  double group_decodes = 0;  // on one accelerator
  Curve scans;
};

class Calibrated final : public ExplainedCost {
 public:
  Calibrated(const LlmSpec& model, const DeviceSpec& device, const ReplicaLayout& layout,
             std::shared_ptr<const DeviceCalibration> calibration, const EngineKernels& kernels)
      : model_(model),
        device_(device),
        draft_(draft_model(model)),
        layout_(layout),
        kernels_(kernels),
        owned_(std::move(calibration)),
        calibration_(*owned_),
        pricer_(device, calibration_.kernels, kernels) {
    // FlashAttention 2 knows no KV of 8 bits: another kernel reads it.
    if (kernels.attention == AttentionBackend::tables && has_flash_attention_2(device) && layout.kv == Dtype::bf16) {
      flash_ = widest_scan();
    }
    joint_ = flash_ && kernels.mixed == MixedAttention::joint;
    if (device.overheads.uneven_contexts) uneven_ = device.overheads.uneven_contexts->value;
    captured_launches_ = launches(false, 0);
    const bool wrapped = device.overheads.fp4_launch && !kernels.captures_prompts();
    eager_launches_ = launches(true, wrapped ? to_seconds(device.overheads.fp4_launch->value) : 0);
  }

  Duration step(const BatchShape& batch) const override {
    context_knots::Walk walk;
    if (batch.prefills.empty()) {
      if (batch.decodes == 0) return Duration{};
      return decode_step(decode_line(batch.decodes, batch.decode_width), contexts_of(batch), batch.scheduled_ahead,
                         walk);
    }
    const RankBatch rank = rank_batch(layout_, batch);
    const bool eager = is_eager(rank, true);
    double seconds = rows_seconds(rank, is_padded(rank, eager)) + prompt_seconds(rank.prompts);
    if (batch.decodes > 0) {
      DecodeLine& line = decode_line(batch.decodes, batch.decode_width);
      seconds += line.drafts + scan_seconds(line, contexts_of(batch), beside(batch), walk);
    }
    const StepOverhead& over = calibration_.overhead;
    const double device = std::max(over.offset(eager) + over.scale(eager) * seconds, launch_seconds(eager));
    return whole(over.host_seconds(rank.sequences), device, batch.scheduled_ahead);
  }

  void decode_steps(std::int64_t decodes, Tokens context, std::span<Duration> out) const override {
    decode_stretch({{}, decodes, context}, out);
  }

  void decode_stretch(const BatchShape& first, std::span<Duration> out) const override {
    if (first.decodes == 0) {
      for (Duration& duration : out) duration = Duration{};
      return;
    }
    DecodeLine& line = decode_line(first.decodes, first.decode_width);
    Contexts contexts = contexts_of(first);
    context_knots::Walk walk;
    for (Duration& duration : out) {
      duration = decode_step(line, contexts, first.scheduled_ahead, walk);
      contexts.sum += first.decodes;
      if (contexts.longest > 0) ++contexts.longest;
    }
  }

  StepBreakdown explain(const BatchShape& batch) const override;

 private:
  /// Contexts of a batch's decodes. `tail`: tokens by which scans are longer because they differ; `longest` 0: not
  /// told.
  struct Contexts {
    std::int64_t sum = 0;
    std::int64_t longest = 0;
    double tail = 0;
  };
  Contexts contexts_of(const BatchShape& batch) const {
    return {batch.decode_context.value(), batch.decode_longest.value(), tail_tokens(batch)};
  }

  /// Query tokens of the longest sequence, where decodes go with them through one kernel: DecodeWork::beside.
  double beside(const BatchShape& batch) const {
    if (!joint_ || (batch.prefills.empty() && batch.decode_width == 1)) return 0;
    std::int64_t longest = batch.decode_width;
    for (const PrefillChunk& chunk : batch.prefills) longest = std::max(longest, chunk.tokens.value());
    return static_cast<double>(longest);
  }

  /// How many times longer scans are than of equal contexts.
  double stretch(const Contexts& contexts, double decodes, double group_decodes) const {
    const auto all = static_cast<double>(contexts.sum);
    const auto longest = static_cast<double>(contexts.longest);
    if (flash_ && longest > 0) {
      DecodeWork work = *flash_;
      work.batch = group_decodes;
      work.context = all / decodes;
      work.longest = longest;
      if (const auto whole = whole_context_stretch(work, device_)) return *whole;
    }
    if (!uneven_) return 1 + contexts.tail / all;
    return 1 + *uneven_ * std::max(0.0, longest * decodes / all - 1);
  }

  /// Of the layers that see all of a context, whose scans the longest one ends; else of those with a window.
  std::optional<DecodeWork> widest_scan() const {
    std::optional<DecodeWork> found;
    for (const Operation& scan : decode_scans(model_, layout_, 1, 1)) {
      const auto* work = std::get_if<DecodeWork>(&scan.work);
      if (work != nullptr && (!found || work->heads.window == 0)) found = *work;
    }
    return found;
  }

  /// Whether a step's kernels are launched one by one: no graph of its size or kind was captured.
  bool is_eager(const RankBatch& rank, bool prompts) const {
    return rank.tokens > token_knots::kCaptured ||
           !(prompts ? kernels_.captures_prompts() : kernels_.captures_decodes());
  }

  /// Graphs are of fixed sizes, which smaller batches are padded to; larger ones lie between knots all the same.
  static bool is_padded(const RankBatch& rank, bool eager) { return !eager || rank.tokens > token_knots::kCaptured; }

  double price(const Operations& operations) const {
    double seconds = 0;
    for (const Operation& operation : operations) seconds += operation.count * pricer_.price(operation).seconds;
    return seconds;
  }

  Operations group_operations(std::size_t knot) const {
    return attention_side_operations(model_, layout_, token_knots::at(knot));
  }
  Operations all_operations(std::size_t knot) const {
    return mlp_side_operations(model_, layout_, token_knots::at(knot));
  }
  Operations sampled_operations(std::size_t knot) const {
    const double sequences = token_knots::at(knot);
    return sequence_operations(model_, layout_, sequences, sequences / layout_.dp_attention);
  }
  /// Scans of `line`'s sequences, each of the knot's context; those of drafts too.
  Operations scan_operations(double group_decodes, double width, std::size_t knot) const {
    const double context = group_decodes * context_knots::at(knot);
    Operations scans = decode_scans(model_, layout_, group_decodes, context, width);
    append_draft_scans(scans, group_decodes, width, context);
    return scans;
  }
  void append_draft_scans(Operations& scans, double group_decodes, double width, double context) const {
    if (width <= 1) return;
    for (Operation& scan : decode_scans(draft_, layout_, group_decodes, context)) {
      scan.count *= width - 1;
      scans.push_back(scan);
    }
  }
  Operations draft_rows(const RankBatch& rank) const {
    Operations rows = draft_operations(draft_, layout_, rank.decodes * layout_.dp_attention, rank.decodes);
    for (Operation& row : rows) row.count *= rank.width - 1;
    return rows;
  }

  /// Scans of contexts that differ, where their kernels are known to end with the longest. `beside`: see DecodeWork.
  Operations uneven_scans(double group_decodes, double width, const Contexts& contexts, double decodes,
                          double beside) const {
    const double context = group_decodes * (static_cast<double>(contexts.sum) / decodes);
    Operations scans = decode_scans(model_, layout_, group_decodes, context, width);
    for (Operation& scan : scans) {
      if (auto* work = std::get_if<DecodeWork>(&scan.work)) {
        work->longest = static_cast<double>(contexts.longest);
        work->beside = beside;
        if (beside > 0) work->heads.query /= width;  // a sequence's query tokens are rows of the same tiles
      }
    }
    append_draft_scans(scans, group_decodes, width, context);
    return scans;
  }

  double prompt_seconds(const PromptSum& prompts) const {
    return prompts_.of(prompts, [&] { return price(prefill_scans(model_, layout_, prompts)); });
  }

  /// All but scans and drafts. `captured`: computed for the next size that has a graph.
  double rows_seconds(const RankBatch& rank, bool captured) const {
    const auto group = [this](std::size_t knot) { return price(group_operations(knot)); };
    const auto all = [this](std::size_t knot) { return price(all_operations(knot)); };
    const auto sampled = [this](std::size_t knot) { return price(sampled_operations(knot)); };
    return group_curve_.at(token_knots::find(rank.group_tokens, captured), group) +
           all_curve_.at(token_knots::find(rank.tokens, captured), all) +
           sampled_curve_.at(token_knots::find(rank.sequences, false), sampled);
  }

  /// Tokens by which scans are longer because contexts differ: `spread` standard deviations for each sequence. It does
  /// not change while all contexts grow alike, and is computed in integers so that it does not to the last bit.
  double tail_tokens(const BatchShape& batch) const {
    if (batch.decode_context_squares <= 0 || calibration_.overhead.spread <= 0) return 0;
    const auto count = static_cast<__int128>(batch.decodes);
    const auto sum = static_cast<__int128>(batch.decode_context.value());
    const auto squares = static_cast<__int128>(batch.decode_context_squares);
    const __int128 scatter = count * squares - sum * sum;  // count^2 times the variance
    return scatter > 0 ? calibration_.overhead.spread * std::sqrt(static_cast<double>(scatter)) : 0;
  }

  double scan_seconds(DecodeLine& line, const Contexts& contexts, double beside, context_knots::Walk& walk) const {
    if (beside > 0 || kernels_.attention != AttentionBackend::tables) {
      return price(uneven_scans(line.group_decodes, line.width, contexts, line.decodes, beside));
    }
    const auto context = static_cast<double>(contexts.sum);
    const auto scans = [&](std::size_t knot) { return price(scan_operations(line.group_decodes, line.width, knot)); };
    return line.scans.at(walk.to(context / line.decodes), scans) * stretch(contexts, line.decodes, line.group_decodes);
  }

  /// What the host needs to launch a step's kernels where no graph holds all of them. `fp4`: of a product of 4-bit
  /// weights, beyond what layers take anyway.
  double launches(bool eager, double fp4) const {
    const StepOverhead& over = calibration_.overhead;
    double seconds = 0;
    for (const LayerGroup& group : model_.layers) {
      const bool linear = std::holds_alternative<LinearAttention>(group.attention);
      const double captured = linear ? over.linear_captured : over.layer_captured;
      const double alone = (linear ? over.linear_eager : over.layer_eager) + fp4 * fp4_products(group);
      seconds += static_cast<double>(group.count) * (eager ? alone : captured);
    }
    return seconds;
  }
  double launch_seconds(bool eager) const { return eager ? eager_launches_ : captured_launches_; }
  double fp4_products(const LayerGroup& group) const {
    if (layout_.weights != Dtype::fp4) return 0;
    const LayerWork work = layer_work(model_, group, layout_);
    const auto narrow =
        std::count_if(work.dense.begin(), work.dense.end(), [](const MatMul& m) { return m.quantized; });
    return static_cast<double>(narrow) + (std::holds_alternative<MoeMlp>(group.mlp) ? 1 : 0);
  }

  /// The accelerator's time and the host's: one after the other, or at the same time.
  static Duration whole(double host, double device, bool ahead) {
    return nearest_nanosecond(ahead ? std::max(host, device) : host + device);
  }

  Duration decode_step(DecodeLine& line, const Contexts& contexts, bool ahead, context_knots::Walk& walk) const {
    const double seconds = line.rows + scan_seconds(line, contexts, joint_ && line.width > 1 ? line.width : 0, walk);
    return whole(line.host, std::max(line.offset + line.scale * seconds, line.launches), ahead);
  }

  DecodeLine& decode_line(std::int64_t decodes, std::int64_t width) const {
    const auto by_width = static_cast<std::size_t>(width);
    if (by_width >= lines_.size()) lines_.resize(by_width + 1);
    auto& lines = lines_[by_width];
    const auto index = static_cast<std::size_t>(decodes);
    if (index >= lines.size()) lines.resize(index + 1);
    if (!lines[index]) lines[index] = new_line(decodes, width);
    return *lines[index];
  }

  std::unique_ptr<DecodeLine> new_line(std::int64_t decodes, std::int64_t width) const {
    const RankBatch rank = rank_batch(layout_, {{}, decodes, Tokens{decodes}, width});
    const bool eager = is_eager(rank, false);
    const StepOverhead& over = calibration_.overhead;
    auto line = std::make_unique<DecodeLine>();
    line->host = over.host_seconds(rank.sequences);
    line->offset = over.offset(eager);
    line->scale = over.scale(eager);
    line->launches = eager ? launch_seconds(eager) : 0;
    line->drafts = width > 1 ? price(draft_rows(rank)) : 0;
    line->rows = rows_seconds(rank, is_padded(rank, eager)) + line->drafts;
    line->decodes = static_cast<double>(decodes);
    line->width = rank.width;
    line->group_decodes = rank.decodes;
    return line;
  }

  const LlmSpec& model_;
  const DeviceSpec& device_;
  LlmSpec draft_;
  ReplicaLayout layout_;
  EngineKernels kernels_;
  std::shared_ptr<const DeviceCalibration> owned_;
  const DeviceCalibration& calibration_;
  OperationPricer pricer_;
  std::optional<DecodeWork> flash_;  // a scan by FlashAttention 2, of one sequence
  bool joint_ = false;               // whose decodes go with prompts
  std::optional<double> uneven_;     // of the device's own attention kernels: see DeviceSpec
  double captured_launches_ = 0;     // seconds
  double eager_launches_ = 0;
  // Prices that repeat; filling them changes no result.
  mutable Curve group_curve_;
  mutable Curve all_curve_;
  mutable Curve sampled_curve_;
  mutable PromptPrices prompts_;
  mutable std::vector<std::vector<std::unique_ptr<DecodeLine>>> lines_;  // by width, then by number of decodes
};

/// Builds the rows of a breakdown from operations at knots.
class RowBuilder {
 public:
  RowBuilder(const OperationPricer& pricer, StepBreakdown& out) : pricer_(pricer), out_(out) {}

  /// `shown` is the operation as it is; its price lies between those of `low` and `high`, times `stretch`.
  /// Shape: equal sizes.
  void add(const Operations& shown, const Operations& low, const Operations& high, double weight, double stretch = 1) {
    for (std::size_t i = 0; i < shown.size(); ++i) {
      OperationPrice price = pricer_.price(low[i]);
      if (weight > 0) {
        const OperationPrice above = pricer_.price(high[i]);
        price.seconds += weight * (above.seconds - price.seconds);
        price.source = std::max(price.source, above.source);
        price.error = std::max(price.error, above.error);
        price.confidence = std::max(price.confidence, above.confidence);
      }
      price.seconds *= stretch;
      add_row(shown[i], price);
    }
  }
  void add(const Operations& operations) { add(operations, operations, operations, 0); }

  /// `launches`: the least time of the accelerator's part.
  void add_overhead(const StepOverhead& over, bool eager, double launches, double sequences, bool ahead) {
    const double scale = over.scale(eager);
    const double device = over.offset(eager) + scale * kernels_;
    add_time("gaps between kernels", 1, (scale - 1) * kernels_, over.confidence);
    add_time("engine, on the accelerator", 1, over.offset(eager), over.confidence);
    add_time("waiting for launches", 1, std::max(0.0, launches - device), over.confidence);
    const double host = over.host_seconds(sequences);
    const double hidden = ahead ? std::min(host, std::max(device, launches)) : 0;
    add_time(ahead ? "engine, on the host beyond the step before" : "engine, on the host", 1, host - hidden,
             over.confidence);
  }

 private:
  void add_row(const Operation& operation, const OperationPrice& price) {
    const double count = operation.count;
    out_.rows.push_back({std::string(operation.name), std::string(to_string(operation.kind)), shape_text(operation),
                         count, count * flops_of(operation), count * bytes_of(operation),
                         count * kv_bytes_of(operation), count * price.seconds, price.source, price.error,
                         price.confidence});
    kernels_ += count * price.seconds;
  }

  void add_time(const char* name, double count, double seconds, Confidence confidence) {
    if (seconds == 0) return;
    out_.rows.push_back({name, "overhead", "", count, 0, 0, 0, seconds, PriceSource::overhead, 0, confidence});
  }

  const OperationPricer& pricer_;
  StepBreakdown& out_;
  double kernels_ = 0;
};

StepBreakdown Calibrated::explain(const BatchShape& batch) const {
  StepBreakdown out;
  const RankBatch rank = rank_batch(layout_, batch);
  if (rank.tokens <= 0) return out;
  RowBuilder rows(pricer_, out);
  const bool eager = is_eager(rank, !batch.prefills.empty());
  const bool captured = is_padded(rank, eager);
  const KnotPosition group = token_knots::find(rank.group_tokens, captured);
  rows.add(attention_side_operations(model_, layout_, rank.group_tokens), group_operations(group.below),
           group_operations(group.below + 1), group.weight);
  rows.add(prefill_scans(model_, layout_, rank.prompts));
  const double together = beside(batch);
  if (batch.decodes > 0 && (together > 0 || kernels_.attention != AttentionBackend::tables)) {
    rows.add(uneven_scans(rank.decodes, rank.width, contexts_of(batch), static_cast<double>(batch.decodes), together));
  } else if (batch.decodes > 0) {
    const auto context = static_cast<double>(batch.decode_context.value());
    const KnotPosition at = context_knots::find(context / static_cast<double>(batch.decodes));
    Operations shown = scan_operations(rank.decodes, rank.width, at.below);
    const Operations now = decode_scans(model_, layout_, rank.decodes, rank.context, rank.width);
    std::copy(now.begin(), now.end(), shown.begin());
    rows.add(shown, scan_operations(rank.decodes, rank.width, at.below),
             scan_operations(rank.decodes, rank.width, at.below + 1), at.weight,
             stretch(contexts_of(batch), static_cast<double>(batch.decodes), rank.decodes));
  }
  const KnotPosition all = token_knots::find(rank.tokens, captured);
  rows.add(mlp_side_operations(model_, layout_, rank.tokens), all_operations(all.below), all_operations(all.below + 1),
           all.weight);
  const KnotPosition sampled = token_knots::find(rank.sequences, false);
  rows.add(sequence_operations(model_, layout_, rank.sequences, rank.group_sequences),
           sampled_operations(sampled.below), sampled_operations(sampled.below + 1), sampled.weight);
  if (rank.width > 1 && batch.decodes > 0) rows.add(draft_rows(rank));
  const double launches = eager || !batch.prefills.empty() ? launch_seconds(eager) : 0;
  rows.add_overhead(calibration_.overhead, eager, launches, rank.sequences, batch.scheduled_ahead);
  return out;
}

}  // namespace

std::unique_ptr<ExplainedCost> make_calibrated(const LlmSpec& model, const DeviceSpec& device,
                                               const ReplicaLayout& layout,
                                               std::shared_ptr<const DeviceCalibration> calibration,
                                               const EngineKernels& kernels) {
  return std::make_unique<Calibrated>(model, device, layout, std::move(calibration), kernels);
}

StepOverhead plain_overhead(const DeviceSpec& device) {
  StepOverhead over;
  over.host = to_seconds(device.overheads.step.value);
  over.confidence = device.overheads.step.confidence;
  return over;
}

}  // namespace cleave
