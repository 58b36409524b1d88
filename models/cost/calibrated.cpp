#include "models/cost/calibrated.h"

#include <cmath>
#include <limits>
#include <utility>

#include "models/cost/knots.h"
#include "models/cost/operations.h"

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

/// Decodes of one batch size: all but their scans, and the scans by context.
struct DecodeLine {
  double offset = 0;  // not scaled
  double scale = 1;
  double rows = 0;  // seconds of all operations but scans
  double decodes = 0;
  double group_decodes = 0;  // on one accelerator
  Curve scans;
};

class Calibrated final : public ExplainedCost {
 public:
  Calibrated(const LlmSpec& model, const DeviceSpec& device, const ReplicaLayout& layout, DeviceCalibration calibration)
      : model_(model), layout_(layout), calibration_(std::move(calibration)), pricer_(device, calibration_.kernels) {}

  Duration step(const BatchShape& batch) const override {
    if (batch.prefills.empty()) {
      if (batch.decodes == 0) return Duration{};
      return decode_step(decode_line(batch.decodes), batch.decode_context.value());
    }
    const RankBatch rank = rank_batch(layout_, batch);
    const bool eager = rank.tokens > token_knots::kCaptured;
    double seconds = rows_seconds(rank) + price(prefill_scans(model_, layout_, rank.prompts));
    if (batch.decodes > 0) {
      seconds += scan_seconds(decode_line(batch.decodes), static_cast<double>(batch.decode_context.value()));
    }
    const StepOverhead& over = calibration_.overhead;
    return nearest_nanosecond(over.offset(eager, rank.sequences) + over.scale(eager) * seconds);
  }

  void decode_steps(std::int64_t decodes, Tokens context, std::span<Duration> out) const override {
    if (decodes == 0) {
      for (Duration& duration : out) duration = Duration{};
      return;
    }
    DecodeLine& line = decode_line(decodes);
    std::int64_t total = context.value();
    for (Duration& duration : out) {
      duration = decode_step(line, total);
      total += decodes;
    }
  }

  StepBreakdown explain(const BatchShape& batch) const override;

 private:
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

  /// All but scans.
  double rows_seconds(const RankBatch& rank) const {
    const auto group = [this](std::size_t knot) { return price(group_operations(knot)); };
    const auto all = [this](std::size_t knot) { return price(all_operations(knot)); };
    const auto sampled = [this](std::size_t knot) { return price(sampled_operations(knot)); };
    return group_curve_.at(token_knots::find(rank.group_tokens, true), group) +
           all_curve_.at(token_knots::find(rank.tokens, true), all) +
           sampled_curve_.at(token_knots::find(rank.sequences, false), sampled);
  }

  double scan_seconds(DecodeLine& line, double context) const {
    const auto scans = [&](std::size_t knot) {
      return price(decode_scans(model_, layout_, line.group_decodes, line.group_decodes * context_knots::at(knot)));
    };
    return line.scans.at(context_knots::find(context / line.decodes), scans);
  }

  Duration decode_step(DecodeLine& line, std::int64_t context) const {
    const double seconds = line.rows + scan_seconds(line, static_cast<double>(context));
    return nearest_nanosecond(line.offset + line.scale * seconds);
  }

  DecodeLine& decode_line(std::int64_t decodes) const {
    const auto index = static_cast<std::size_t>(decodes);
    if (index >= lines_.size()) lines_.resize(index + 1);
    if (!lines_[index]) lines_[index] = new_line(decodes);
    return *lines_[index];
  }

  std::unique_ptr<DecodeLine> new_line(std::int64_t decodes) const {
    const RankBatch rank = rank_batch(layout_, {{}, decodes, Tokens{decodes}});
    const bool eager = rank.tokens > token_knots::kCaptured;
    auto line = std::make_unique<DecodeLine>();
    line->offset = calibration_.overhead.offset(eager, rank.sequences);
    line->scale = calibration_.overhead.scale(eager);
    line->rows = rows_seconds(rank);
    line->decodes = static_cast<double>(decodes);
    line->group_decodes = rank.decodes;
    return line;
  }

  const LlmSpec& model_;
  ReplicaLayout layout_;
  DeviceCalibration calibration_;
  OperationPricer pricer_;
  // Prices that repeat; filling them changes no result.
  mutable Curve group_curve_;
  mutable Curve all_curve_;
  mutable Curve sampled_curve_;
  mutable std::vector<std::unique_ptr<DecodeLine>> lines_;  // by number of decodes
};

/// Builds the rows of a breakdown from operations at knots.
class RowBuilder {
 public:
  RowBuilder(const OperationPricer& pricer, double scale, StepBreakdown& out)
      : pricer_(pricer), scale_(scale), out_(out) {}

  /// `shown` is the operation as it is; its price lies between those of `low` and `high`. Shape: equal sizes.
  void add(const Operations& shown, const Operations& low, const Operations& high, double weight) {
    for (std::size_t i = 0; i < shown.size(); ++i) {
      OperationPrice price = pricer_.price(low[i]);
      if (weight > 0) {
        const OperationPrice above = pricer_.price(high[i]);
        price.seconds += weight * (above.seconds - price.seconds);
        price.source = std::max(price.source, above.source);
        price.error = std::max(price.error, above.error);
        price.confidence = std::max(price.confidence, above.confidence);
      }
      add_row(shown[i], price);
    }
  }
  void add(const Operations& operations) { add(operations, operations, operations, 0); }

 private:
  void add_row(const Operation& operation, const OperationPrice& price) {
    const double count = operation.count;
    out_.rows.push_back({std::string(operation.name), std::string(to_string(operation.kind)), shape_text(operation),
                         count, count * flops_of(operation), count * bytes_of(operation),
                         count * kv_bytes_of(operation), count * price.seconds, price.source, price.error,
                         price.confidence});
    kernels_ += count * price.seconds;
  }

  const OperationPricer& pricer_;
  double scale_;
  StepBreakdown& out_;
  double kernels_ = 0;

 public:
  void add_overhead(const StepOverhead& over, bool eager, double sequences) {
    const PriceSource source = PriceSource::overhead;
    if (scale_ != 1) {
      out_.rows.push_back(
          {"gaps between kernels", "overhead", "", 1, 0, 0, 0, (scale_ - 1) * kernels_, source, 0, over.confidence});
    }
    out_.rows.push_back(
        {"engine, each step", "overhead", "", 1, 0, 0, 0, over.offset(eager, 0), source, 0, over.confidence});
    if (over.sequence > 0) {
      out_.rows.push_back({"engine, each sequence", "overhead", "", sequences, 0, 0, 0, over.sequence * sequences,
                           source, 0, over.confidence});
    }
  }
};

StepBreakdown Calibrated::explain(const BatchShape& batch) const {
  StepBreakdown out;
  const RankBatch rank = rank_batch(layout_, batch);
  if (rank.tokens <= 0) return out;
  const bool eager = rank.tokens > token_knots::kCaptured;
  RowBuilder rows(pricer_, calibration_.overhead.scale(eager), out);
  const auto group = token_knots::find(rank.group_tokens, true);
  rows.add(attention_side_operations(model_, layout_, rank.group_tokens), group_operations(group.below),
           group_operations(group.below + 1), group.weight);
  rows.add(prefill_scans(model_, layout_, rank.prompts));
  if (batch.decodes > 0) {
    const auto at =
        context_knots::find(static_cast<double>(batch.decode_context.value()) / static_cast<double>(batch.decodes));
    const auto scans = [&](std::size_t knot) {
      return decode_scans(model_, layout_, rank.decodes, rank.decodes * context_knots::at(knot));
    };
    rows.add(decode_scans(model_, layout_, rank.decodes, rank.context), scans(at.below), scans(at.below + 1),
             at.weight);
  }
  const auto all = token_knots::find(rank.tokens, true);
  rows.add(mlp_side_operations(model_, layout_, rank.tokens), all_operations(all.below), all_operations(all.below + 1),
           all.weight);
  const auto sampled = token_knots::find(rank.sequences, false);
  rows.add(sequence_operations(model_, layout_, rank.sequences, rank.group_sequences),
           sampled_operations(sampled.below), sampled_operations(sampled.below + 1), sampled.weight);
  rows.add_overhead(calibration_.overhead, eager, rank.sequences);
  return out;
}

}  // namespace

std::unique_ptr<ExplainedCost> make_calibrated(const LlmSpec& model, const DeviceSpec& device,
                                               const ReplicaLayout& layout, DeviceCalibration calibration) {
  return std::make_unique<Calibrated>(model, device, layout, std::move(calibration));
}

StepOverhead plain_overhead(const DeviceSpec& device) {
  StepOverhead over;
  over.fixed = to_seconds(device.overheads.step.value);
  over.confidence = device.overheads.step.confidence;
  return over;
}

}  // namespace cleave
