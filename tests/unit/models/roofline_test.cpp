#include "models/cost/roofline.h"

#include <catch2/catch.hpp>

#include <vector>

#include "models/cost/roofline_terms.h"
#include "tests/unit/models/specs.h"

namespace cleave {
namespace {

double step_seconds(const LlmSpec& model, const DeviceSpec& device, const ReplicaLayout& layout,
                    const BatchShape& batch) {
  return to_seconds(make_roofline(model, device, layout)->step(batch));
}

BatchShape decodes(std::int64_t count, std::int64_t context) {
  return {{}, count, Tokens{context}};
}

}  // namespace

TEST_CASE("an empty batch takes no time") {
  const auto cost = make_roofline(tiny_model(), ideal_device(), {});
  CHECK(cost->step({}) == Duration{});
}

TEST_CASE("one decode step is the weights it reads and its scan of earlier tokens") {
  // Weights in bf16: qkv 1024 x 1536, o 1024 x 1024, up and down 1024 x 4096 each, head 1024 x 1000.
  const double weights = 2 * (1024.0 * 1536 + 1024.0 * 1024 + 2 * 1024.0 * 4096 + 1024.0 * 1000);
  // Inputs and outputs of each matrix, two bytes an element; then what norms, rotation and activation touch.
  const double rows = 2 * ((1024.0 + 1536) + (1024 + 1024) + 2 * (1024 + 4096) + (1024 + 1000));
  const double elementwise = 2 * (8 * 1024.0 + (2 * 8 + 3 * 2) * 128 + 2 * 4096);
  // 500 tokens of KV are 512 000 bytes, but 4 * 8 * 128 * 500 operations: the slower counts.
  const double scan = 4.0 * 8 * 128 * 500;
  CHECK(step_seconds(tiny_model(), ideal_device(), {}, decodes(1, 500)) ==
        Approx((weights + rows + elementwise + scan) / 1e12).margin(1e-9));
}

TEST_CASE("a long prompt is its operations over the peak, and the last token alone passes the head") {
  const std::vector<PrefillChunk> chunks{{Tokens{4000}, Tokens{0}}};
  const double matrices = 2 * 4000 * (1024.0 * 1536 + 1024.0 * 1024 + 2 * 1024.0 * 4096);
  const double attention = 4 * 8 * 128 * (4000.0 * 4001 / 2);
  const double elementwise = 4000 * 2 * (8 * 1024.0 + (2 * 8 + 3 * 2) * 128 + 2 * 4096);  // bytes, at one per operation
  const double head = 2 * 1024.0 * 1000 + 2 * (1024 + 1000);                              // bytes of one row
  CHECK(step_seconds(tiny_model(), ideal_device(), {}, {chunks, 0, {}}) ==
        Approx((matrices + attention + elementwise + head) / 1e12).margin(1e-9));
}

TEST_CASE("a format that the device does not compute is read narrow and computed in bf16") {
  const DeviceSpec device = ideal_device();
  LlmSpec model = tiny_model();
  ReplicaLayout fp8;
  fp8.weights = Dtype::fp8;
  const RooflineTerms wide = roofline_terms(model, device, {});
  const RooflineTerms narrow = roofline_terms(model, device, fp8);
  REQUIRE(wide.gemms.size() == narrow.gemms.size());
  for (std::size_t i = 0; i < wide.gemms.size(); ++i) {
    CHECK(narrow.gemms[i].weights == wide.gemms[i].weights / 2);
    CHECK(narrow.gemms[i].prefill_row == wide.gemms[i].prefill_row);
  }
}

TEST_CASE("a few tokens read a few experts, many tokens read them all") {
  const LlmSpec& model = catalogue().llm("qwen3-30b-a3b");  // 8 of 128
  const RooflineTerms terms = roofline_terms(model, ideal_device(), {});
  REQUIRE(terms.experts.size() == 1);
  CHECK(expected_hit_share(terms.experts[0], 0) == 0);
  CHECK(expected_hit_share(terms.experts[0], 1) == Approx(8.0 / 128));
  CHECK(expected_hit_share(terms.experts[0], 2) == Approx(1 - (1 - 8.0 / 128) * (1 - 8.0 / 128)));
  CHECK(expected_hit_share(terms.experts[0], 1000) == Approx(1));
  // 48 layers of 128 experts of three 2048 x 768 matrices.
  CHECK(terms.experts[0].all.weights == Approx(48 * 128 * 3 * 2048.0 * 768 * 2 / 1e12));
}

TEST_CASE("tensor parallelism divides the work and adds two all-reduces a layer") {
  DeviceSpec device = ideal_device();
  device.scale_up =
      ScaleUpSpec{{BytesPerSecond{1e11}, "", {}}, {0.5, "", {}}, {std::chrono::microseconds{7}, "", {}}, {8, "", {}}};
  ReplicaLayout two;
  two.tp = 2;
  const RooflineTerms terms = roofline_terms(tiny_model(), device, two);
  CHECK(terms.fixed == Approx((2 * 1 + 2) * 7e-6));
  CHECK(terms.gemms[0].weights == Approx(2 * 1024.0 * 768 / 1e12));
  ReplicaLayout sixteen;
  sixteen.tp = 16;  // beyond the domain: over the network
  CHECK(roofline_terms(tiny_model(), device, sixteen).per_token > 10 * terms.per_token);
}

TEST_CASE("pipeline stages pass one batch on in turn") {
  DeviceSpec device = ideal_device();
  device.overheads.hop.value = std::chrono::microseconds{11};
  LlmSpec model = tiny_model();
  model.layers[0].count = 4;
  ReplicaLayout staged;
  staged.pp = 4;
  const double alone = step_seconds(model, device, {}, decodes(1, 100));
  const double hops = 3 * (11e-6 + 1024 * 2 / 1e10);  // over the host's bus within the node
  CHECK(step_seconds(model, device, staged, decodes(1, 100)) == Approx(alone + hops).margin(2e-9));
}

TEST_CASE("a windowed layer costs no more once the window is full") {
  LlmSpec model = tiny_model();
  std::get<GroupedAttention>(model.layers[0].attention).window = 128;
  const auto cost = make_roofline(model, ideal_device(), {});
  CHECK(cost->step(decodes(4, 4 * 64)) < cost->step(decodes(4, 4 * 128)));
  CHECK(cost->step(decodes(4, 4 * 128)) == cost->step(decodes(4, 4 * 5000)));
}

TEST_CASE("the parts of a step add up to it") {
  const std::vector<PrefillChunk> chunks{{Tokens{300}, Tokens{1000}}, {Tokens{17}, Tokens{0}}};
  for (const char* name : {"llama-3.1-70b", "deepseek-v3", "kimi-k3", "deepseek-v4-pro", "gpt-oss-120b"}) {
    CAPTURE(name);
    ReplicaLayout layout;
    layout.tp = 8;
    const LlmSpec& model = catalogue().llm(name);
    const DeviceSpec& device = catalogue().device("h200-sxm");
    for (const BatchShape& batch :
         {BatchShape{chunks, 5, Tokens{9000}}, decodes(64, 64000), BatchShape{chunks, 0, {}}}) {
      CHECK(roofline_parts(model, device, layout, batch).total() ==
            Approx(step_seconds(model, device, layout, batch)).margin(1e-9));
    }
  }
}

}  // namespace cleave
