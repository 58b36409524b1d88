#include "models/cost/operations.h"

#include <catch2/catch.hpp>

#include <cmath>
#include <string>
#include <vector>

#include "models/arch/kv_footprint.h"
#include "models/arch/parameters.h"
#include "models/cost/operation_price.h"
#include "tests/unit/models/specs.h"

namespace cleave {
namespace {

double sum(const std::vector<Operation>& operations, double (*of)(const Operation&)) {
  double total = 0;
  for (const Operation& operation : operations) total += operation.count * of(operation);
  return total;
}

double wire(const std::vector<Operation>& operations) {
  double total = 0;
  for (const Operation& operation : operations) {
    if (operation.kind == OperationKind::collective) total += operation.count * bytes_of(operation);
  }
  return total;
}

BatchShape decodes_of(std::int64_t count, std::int64_t context) {
  return {{}, count, Tokens{count * context}};
}

const Operation* find(const std::vector<Operation>& operations, std::string_view name) {
  for (const Operation& operation : operations) {
    if (operation.name == name) return &operation;
  }
  return nullptr;
}

}  // namespace

TEST_CASE("a step's operations compute what the parameters and the context ask") {
  for (const std::string_view name : catalogue().names(CatalogueKind::llm)) {
    const LlmSpec& model = catalogue().llm(name);
    const std::vector<PrefillChunk> chunks{{Tokens{700}, Tokens{300}}, {Tokens{50}, Tokens{0}}};
    double expected = head_flops(model).value() * 2 + linear_flops_per_token(model).value() * 750;
    double scans = 0;
    for (const PrefillChunk& chunk : chunks) scans += attention_flops(model, chunk.tokens, chunk.context).value();
    CAPTURE(name, scans / expected);
    // Scans of windows depend on each chunk's length, which the sum of the chunks keeps only in the mean.
    CHECK(sum(step_operations(model, {}, {chunks, 0, {}}), flops_of) == Approx(expected + scans).epsilon(0.01));
  }
}

TEST_CASE("decoding reads the KV that its sequences hold") {
  for (const std::string_view name : catalogue().names(CatalogueKind::llm)) {
    const LlmSpec& model = catalogue().llm(name);
    for (const Dtype kv : {Dtype::bf16, Dtype::fp8}) {
      ReplicaLayout layout;
      layout.kv = kv;
      const std::int64_t context = 200;  // below every choice of entries, beyond some windows
      const KvFootprint footprint = kv_footprint(model, layout);
      const double held = static_cast<double>(kv_bytes(model, layout, Tokens{context}).value()) - footprint.state;
      CAPTURE(name);
      CHECK(sum(decode_scans(model, layout, 3, 3.0 * context), kv_bytes_of) == Approx(3 * held).epsilon(1e-6));
    }
  }
}

TEST_CASE("a sparse index is read whole, the entries that it picks no further than its choice") {
  const LlmSpec& model = catalogue().llm("deepseek-v3.2");
  const auto read = [&](double context) { return sum(decode_scans(model, {}, 1, context), kv_bytes_of); };
  CHECK(read(3000) - read(2048) == Approx(61 * 132.0 * (3000 - 2048)));
}

TEST_CASE("attention groups with sequences of their own split KV, and no longer the heads") {
  const LlmSpec& model = catalogue().llm("deepseek-v3");
  ReplicaLayout tensor{8, 1, Dtype::fp8, Dtype::fp8};
  tensor.ep = 8;
  ReplicaLayout data = tensor;
  data.dp_attention = 8;
  REQUIRE_FALSE(layout_problem(model, data));
  CHECK(kv_footprint(model, data).growing == Approx(kv_footprint(model, tensor).growing / 8));
  CHECK(weight_bytes(model, data) > weight_bytes(model, tensor));
  const auto of = [&](const ReplicaLayout& layout) { return step_operations(model, layout, decodes_of(64, 1000)); };
  CHECK(sum(of(data), kv_bytes_of) == Approx(sum(of(tensor), kv_bytes_of) / 8));
  CHECK(find(of(tensor), "dispatch") == nullptr);
  CHECK(find(of(data), "dispatch") != nullptr);
  CHECK(find(of(data), "attention all-reduce") == nullptr);
}

TEST_CASE("a lone prompt occupies one attention group, many are spread") {
  const ReplicaLayout layout{8, 1, Dtype::bf16, Dtype::bf16, 8, 8};
  const std::vector<PrefillChunk> lone{{Tokens{4096}, Tokens{0}}};
  const std::vector<PrefillChunk> many(8, PrefillChunk{Tokens{512}, Tokens{0}});
  CHECK(rank_batch(layout, {lone, 0, {}}).group_tokens == 4096);
  CHECK(rank_batch(layout, {many, 0, {}}).group_tokens == 512);
  CHECK(rank_batch(layout, {many, 0, {}}).tokens == 4096);
  CHECK(rank_batch(layout, decodes_of(20, 100)).decodes == 3);
}

TEST_CASE("unequal prompts are summed to equal ones with the same tokens and the same pairs") {
  const std::vector<PrefillChunk> chunks{
      {Tokens{900}, Tokens{0}}, {Tokens{100}, Tokens{5000}}, {Tokens{17}, Tokens{3}}};
  const PromptSum summed = sum_prompts(chunks);
  double pairs = 0;
  for (const PrefillChunk& c : chunks) {
    const auto n = static_cast<double>(c.tokens.value());
    pairs += n * static_cast<double>(c.context.value()) + n * n / 2;
  }
  CHECK(summed.total() == Approx(1017));
  CHECK(summed.total() * summed.prefix + summed.total() * summed.tokens / 2 == Approx(pairs));
  CHECK(summed.longest == 900);
}

TEST_CASE("spread experts read fewer weights on a rank and an uneven load computes more rows") {
  const LlmSpec& model = catalogue().llm("qwen3-235b-a22b");
  ReplicaLayout sliced{8, 1, Dtype::bf16, Dtype::bf16};
  ReplicaLayout spread = sliced;
  spread.ep = 8;
  ReplicaLayout uneven = spread;
  uneven.expert_imbalance = 1.5;
  const auto experts = [&](const ReplicaLayout& layout) {
    const auto operations = mlp_side_operations(model, layout, 4096);
    return *find(operations, "experts");
  };
  CHECK(flops_of(experts(spread)) == Approx(flops_of(experts(sliced))));
  CHECK(flops_of(experts(uneven)) == Approx(1.5 * flops_of(experts(spread))));
  CHECK(weight_bytes(model, spread).value() == Approx(weight_bytes(model, sliced).value()).epsilon(1e-6));
}

TEST_CASE("context parallelism spreads a prompt's work and exchanges its keys and values") {
  const LlmSpec& model = catalogue().llm("llama-3.1-70b");
  const ReplicaLayout one{4, 1, Dtype::bf16, Dtype::bf16};
  ReplicaLayout two = one;
  two.cp = 2;
  const std::vector<PrefillChunk> prompt{{Tokens{8192}, Tokens{8192}}};
  const auto single = step_operations(model, one, {prompt, 0, {}});
  const auto both = step_operations(model, two, {prompt, 0, {}});
  CHECK(sum(both, flops_of) == Approx(sum(single, flops_of) / 2).epsilon(0.001));
  REQUIRE(find(both, "KV all-gather") != nullptr);
  CHECK(kv_footprint(model, two).growing == Approx(kv_footprint(model, one).growing / 2));
  CHECK(two.accelerators() == 8);
}

TEST_CASE("two all-reduces a layer carry each token's residual") {
  const LlmSpec& model = catalogue().llm("llama-3.1-8b");
  const ReplicaLayout layout{2, 1, Dtype::bf16, Dtype::bf16};
  // Twice half the buffer crosses a link, for 2 x 32 layers and the embedding.
  const double all_reduces = 65 * 100.0 * 4096 * 2;
  const double gathered = 1 * 128256 * 2 / 2.0;
  const std::vector<PrefillChunk> prompt{{Tokens{100}, Tokens{0}}};
  CHECK(wire(step_operations(model, layout, {prompt, 0, {}})) == Approx(all_reduces + gathered));
}

TEST_CASE("encoded KV takes fewer bytes and an encoder's work") {
  const LlmSpec& model = catalogue().llm("llama-3.1-8b");
  ReplicaLayout layout;
  const double plain = kv_footprint(model, layout).growing;
  layout.kv = Dtype::turboquant_4bit;
  CHECK(kv_footprint(model, layout).growing == Approx(plain / 3.8));
  CHECK(find(attention_side_operations(model, layout, 10), "KV encoding") != nullptr);
  CHECK(layout_problem(catalogue().llm("deepseek-v3"), layout));
}

TEST_CASE("numbers of ranks that do not go together are named") {
  const LlmSpec& model = catalogue().llm("qwen3-30b-a3b");
  ReplicaLayout layout{4, 1, Dtype::bf16, Dtype::bf16};
  layout.ep = 3;
  CHECK(layout_problem(model, layout)->find("ep = 3") != std::string::npos);
  layout.ep = 4;
  layout.dp_attention = 3;
  CHECK(layout_problem(model, layout)->find("dp_attention = 3") != std::string::npos);
}

TEST_CASE("models that norm queries and keys pay for it, head by head") {
  const BatchShape batch = decodes_of(10, 1000);
  const auto with = step_operations(catalogue().llm("qwen3-32b"), {}, batch);
  const Operation* norm = find(with, "query and key norm");
  REQUIRE(norm != nullptr);
  CHECK(norm->count == 64);
  CHECK(bytes_of(*norm) == Approx(10 * 2 * (64 + 8) * 128 * 2));  // in and out, two bytes each
  const auto without = step_operations(catalogue().llm("llama-3.1-8b"), {}, batch);
  CHECK(find(without, "query and key norm") == nullptr);
}

TEST_CASE("activations of routed experts are inside their kernels, those of shared experts are not") {
  const BatchShape batch = decodes_of(10, 1000);
  const auto routed = step_operations(catalogue().llm("qwen3-30b-a3b"), {}, batch);
  CHECK(find(routed, "experts") != nullptr);
  CHECK(find(routed, "routing") != nullptr);
  CHECK(find(routed, "activation") == nullptr);
  const auto shared = step_operations(catalogue().llm("qwen3-next-80b-a3b"), {}, batch);
  REQUIRE(find(shared, "activation") != nullptr);
  CHECK(bytes_of(*find(shared, "activation")) == Approx(10 * 3 * 512 * 2));  // one shared expert of 512
}

TEST_CASE("what was just written is read at the cache's speed while it fits, at the memory's beyond") {
  DeviceSpec device = catalogue().device("rtx-pro-6000");
  const KernelTables none;
  const auto seconds = [&](double bytes, bool handed) {
    const Operation norm{OperationKind::elementwise, "norm", 1, Dtype::bf16, PlainWork{0, bytes, 1, false, handed}};
    return OperationPricer(device, none).price(norm).seconds - to_seconds(device.overheads.operation.value);
  };
  CHECK(seconds(30e6, false) == Approx(3 * seconds(30e6, true)).epsilon(0.01));  // of 134 MB
  CHECK(seconds(3e9, false) < 1.05 * seconds(3e9, true));
  CHECK(seconds(3e9, true) > seconds(30e6, true) * 100);
  device.memory.cache_speed.reset();
  CHECK(seconds(30e6, false) == seconds(30e6, true));
}

}  // namespace cleave
