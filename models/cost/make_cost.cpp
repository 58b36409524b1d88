#include "models/cost/make_cost.h"

#include <fmt/format.h>

#include <array>

#include "models/cost/calibrated.h"
#include "models/cost/roofline.h"
#include "models/units/error.h"

namespace cleave {
namespace {

class ExplainedRoofline final : public ExplainedCost {
 public:
  ExplainedRoofline(const LlmSpec& model, const DeviceSpec& device, const ReplicaLayout& layout)
      : model_(model), device_(device), layout_(layout), cost_(make_roofline(model, device, layout)) {}

  Duration step(const BatchShape& batch) const override { return cost_->step(batch); }
  void decode_steps(std::int64_t decodes, Tokens context, std::span<Duration> out) const override {
    cost_->decode_steps(decodes, context, out);
  }

  StepBreakdown explain(const BatchShape& batch) const override {
    const StepParts parts = roofline_parts(model_, device_, layout_, batch);
    StepBreakdown out;
    const auto add = [&out](const char* name, double seconds, PriceSource source) {
      if (seconds > 0) out.rows.push_back({name, "roofline", "", 1, 0, 0, 0, seconds, source, 0, Confidence::derived});
    };
    add("projections", parts.projections, PriceSource::generic);
    add("experts", parts.experts, PriceSource::generic);
    add("attention", parts.attention, PriceSource::generic);
    add("output projection", parts.head, PriceSource::generic);
    add("elementwise, collectives' payload", parts.elementwise, PriceSource::generic);
    add("kernels, latencies, engine", parts.overhead, PriceSource::overhead);
    return out;
  }

 private:
  const LlmSpec& model_;
  const DeviceSpec& device_;
  ReplicaLayout layout_;
  std::unique_ptr<StepCostModel> cost_;
};

constexpr std::array kModels{
    CostModelEntry{"calibrated",
                   "fitted kernels where the device has them, else its overall efficiencies; steps as measured",
                   [](const LlmSpec& model, const DeviceSpec& device, const ReplicaLayout& layout,
                      const std::filesystem::path& hardware, const EngineKernels& kernels) {
                     return make_calibrated(model, device, layout, shared_calibration(hardware, device), kernels);
                   }},
    CostModelEntry{"roofline", "overall efficiencies of the device alone",
                   [](const LlmSpec& model, const DeviceSpec& device, const ReplicaLayout& layout,
                      const std::filesystem::path&, const EngineKernels&) -> std::unique_ptr<ExplainedCost> {
                     return std::make_unique<ExplainedRoofline>(model, device, layout);
                   }},
};

}  // namespace

std::span<const CostModelEntry> cost_models() {
  return kModels;
}

std::unique_ptr<ExplainedCost> make_step_cost(std::string_view name, const LlmSpec& model, const DeviceSpec& device,
                                              const ReplicaLayout& layout, const std::filesystem::path& hardware,
                                              const EngineKernels& kernels) {
  for (const CostModelEntry& entry : kModels) {
    if (entry.name == name) return entry.make(model, device, layout, hardware, kernels);
  }
  throw ConfigError(fmt::format("unknown cost model '{}', expected calibrated or roofline", name));
}

}  // namespace cleave
