#include "models/arch/parameters.h"

#include <catch2/catch.hpp>

#include "models/arch/layer_work.h"
#include "tests/unit/models/specs.h"

namespace cleave {
namespace {

ReplicaLayout layout_of(std::uint32_t tp, std::uint32_t pp, Dtype weights = Dtype::bf16) {
  ReplicaLayout layout;
  layout.tp = tp;
  layout.pp = pp;
  layout.weights = weights;
  return layout;
}

}  // namespace

TEST_CASE("a small model's parameters are what a count by hand gives") {
  // qkv 1024 x (8 + 2*2)*128, o 1024 x 1024, up and down 1024 x 4096, norms 2 x 1024; table and head 1000 x 1024.
  const double layer = 1024.0 * 1536 + 1024.0 * 1024 + 2 * 1024.0 * 4096 + 2 * 1024;
  const double table = 1000.0 * 1024;
  LlmSpec model = tiny_model();
  CHECK(parameter_count(model).total == layer + 2 * table + 1024);
  CHECK(parameter_count(model).active == layer + table + 1024);
  model.tied_embeddings = true;
  CHECK(parameter_count(model).total == layer + table + 1024);
  model.layers[0].count = 3;
  CHECK(parameter_count(model).total == 3 * layer + table + 1024);
}

TEST_CASE("computed parameter counts agree with the published ones") {
  for (const std::string_view name : catalogue().names(CatalogueKind::llm)) {
    const LlmSpec& model = catalogue().llm(name);
    if (!model.parameters) continue;
    CAPTURE(name);
    const ParameterCount count = parameter_count(model);
    CHECK(count.total == Approx(model.parameters->total.value).epsilon(0.025));
    // Published active counts are rounded to a digit or two, and differ in whether tables count.
    if (model.parameters->active) CHECK(count.active == Approx(model.parameters->active->value).epsilon(0.2));
  }
}

TEST_CASE("weights in bf16 are two bytes a parameter, and quantised layouts keep the tables wide") {
  const LlmSpec& model = catalogue().llm("llama-3.1-8b");
  const double parameters = parameter_count(model).total;
  const double tables = 2.0 * 128256 * 4096;
  CHECK(static_cast<double>(weight_bytes(model, layout_of(1, 1)).value()) == Approx(2 * parameters).epsilon(1e-5));
  CHECK(static_cast<double>(weight_bytes(model, layout_of(1, 1, Dtype::fp8)).value()) ==
        Approx(parameters - tables + 2 * tables).epsilon(1e-3));
  CHECK(static_cast<double>(weight_bytes(model, layout_of(1, 1, Dtype::fp4)).value()) ==
        Approx(0.5625 * (parameters - tables) + 2 * tables).epsilon(1e-3));
}

TEST_CASE("weights on the fullest accelerator never fall short of an even share") {
  for (const std::string_view name : catalogue().names(CatalogueKind::llm)) {
    const LlmSpec& model = catalogue().llm(name);
    const double whole = static_cast<double>(weight_bytes(model, layout_of(1, 1)).value());
    for (const std::uint32_t tp : {1U, 2U, 4U, 8U}) {
      for (const std::uint32_t pp : {1U, 2U, 4U}) {
        CAPTURE(name, tp, pp);
        const double held = static_cast<double>(weight_bytes(model, layout_of(tp, pp)).value());
        CHECK(held * tp * pp >= whole * (pp > 1 ? 0.95 : 1.0));  // one of two tables is on another stage
        CHECK(held <= whole);
      }
    }
  }
}

TEST_CASE("operations per token are two for each active weight") {
  const LlmSpec& model = catalogue().llm("llama-3.1-70b");
  const double active = parameter_count(model).active - 128256.0 * 8192;  // without the output projection
  CHECK(linear_flops_per_token(model).value() == Approx(2 * active).epsilon(1e-4));
  CHECK(head_flops(model).value() == 2.0 * 128256 * 8192);
  // 4 * layers * heads * head_dim for each pair.
  CHECK(attention_flops(model, Tokens{1}, Tokens{999}).value() == 4.0 * 80 * 64 * 128 * 1000);
  CHECK(attention_flops(model, Tokens{3}, Tokens{0}).value() == 4.0 * 80 * 64 * 128 * 6);
}

TEST_CASE("a prompt computed in chunks sees as many pairs as one computed at once") {
  for (const std::optional<double> cap :
       {std::optional<double>{}, std::optional<double>{128}, std::optional<double>{1}}) {
    const double whole = visible_pairs(1000, 0, cap);
    CHECK(visible_pairs(100, 0, cap) + visible_pairs(77, 100, cap) + visible_pairs(823, 177, cap) == whole);
    double one_by_one = 0;
    for (int i = 0; i < 1000; ++i) one_by_one += cap ? std::min<double>(i + 1, *cap) : i + 1;
    CHECK(whole == one_by_one);
  }
}

TEST_CASE("layouts that cannot be are explained") {
  const LlmSpec& dense = catalogue().llm("llama-3.1-8b");
  CHECK_FALSE(layout_problem(dense, layout_of(8, 1)));
  CHECK_FALSE(layout_problem(dense, layout_of(16, 2)));
  REQUIRE(layout_problem(dense, layout_of(3, 1)));
  CHECK(layout_problem(dense, layout_of(3, 1))->find("32 attention heads") != std::string::npos);
  REQUIRE(layout_problem(dense, layout_of(1, 33)));
  CHECK(layout_problem(dense, layout_of(1, 33))->find("32 layers") != std::string::npos);
  CHECK(layout_problem(catalogue().llm("deepseek-v3"), layout_of(256, 1)));
  CHECK_FALSE(layout_problem(catalogue().llm("deepseek-v3"), layout_of(16, 2)));
}

TEST_CASE("tensor ranks together compute what one accelerator would, replicated parts aside") {
  for (const std::string_view name : catalogue().names(CatalogueKind::llm)) {
    const LlmSpec& model = catalogue().llm(name);
    for (const LayerGroup& group : model.layers) {
      const LayerWork whole = layer_work(model, group, layout_of(1, 1));
      const LayerWork half = layer_work(model, group, layout_of(2, 1));
      REQUIRE(whole.dense.size() == half.dense.size());
      for (std::size_t i = 0; i < whole.dense.size(); ++i) {
        CAPTURE(name, whole.dense[i].name);
        const double share = half.dense[i].weights() / whole.dense[i].weights();
        CHECK((share == 1.0 || (share >= 0.5 && share < 0.7)));
      }
      if (whole.experts) CHECK(half.experts->each[0].weights() * 2 == whole.experts->each[0].weights());
    }
  }
}

}  // namespace cleave
