// What every committed entry promises.

#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <string_view>

#include "models/arch/parameters.h"
#include "tests/unit/models/specs.h"

namespace cleave {
namespace {

bool is_kebab(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
  });
}

bool is_confidence(std::string_view word) {
  constexpr std::array<std::string_view, 4> kWords{"measured", "published", "derived", "assumed"};
  return std::find(kWords.begin(), kWords.end(), word) != kWords.end();
}

}  // namespace

TEST_CASE("names are lower case with hyphens, descriptions one line") {
  for (const CatalogueItem& item : catalogue().items()) {
    CAPTURE(item.name);
    CHECK(is_kebab(item.name));
    CHECK(item.description.find('\n') == std::string::npos);
    CHECK_FALSE(item.description.empty());
  }
}

TEST_CASE("the devices and models that scenarios start from are there") {
  for (const char* name : {"a100-80-sxm", "h100-sxm", "h200-sxm", "b200-sxm", "trainium2", "wse-3"}) {
    CAPTURE(name);
    CHECK(catalogue().find_device(name) != nullptr);
  }
  for (const char* name : {"llama-3.1-8b", "llama-3.1-70b", "qwen3-32b", "qwen3-30b-a3b", "deepseek-v3"}) {
    CAPTURE(name);
    CHECK(catalogue().find_llm(name) != nullptr);
  }
}

TEST_CASE("every number of a device, link, tier, protocol or codec has a source and a known confidence") {
  for (const CatalogueItem& item : catalogue().items()) {
    if (item.kind == CatalogueKind::llm) continue;
    for (const CatalogueRow& row : catalogue().rows(item)) {
      CAPTURE(item.name, row.key);
      // Words and switches need none; a descriptor's size is named by the source of the share measured with it.
      const bool text = row.key == "description" || row.key.rfind("price.", 0) == 0 || row.key == "initiator" ||
                        row.key == "path" || row.key == "posts_first" || row.key == "quality" ||
                        row.key == "kernels_of" || row.key.find(".descriptor") != std::string::npos;
      CHECK((text || !row.source.empty()));
      CHECK((text || is_confidence(row.confidence)));
    }
  }
}

TEST_CASE("a price says whose it is, of when, and how sure") {
  for (const std::string_view name : catalogue().names(CatalogueKind::hardware)) {
    const CatalogueItem& item = *catalogue().find_items(name).at(0);
    std::map<std::string, std::string> price;
    for (const CatalogueRow& row : catalogue().rows(item)) {
      if (row.key.rfind("price.", 0) == 0) price[row.key.substr(6)] = row.value;
    }
    CAPTURE(name, price);
    if (price.empty()) continue;
    CHECK_FALSE(price["source"].empty());
    CHECK(is_confidence(price["confidence"]));
  }
}

TEST_CASE("every model says where its shape is from and how sure, and each of its stated figures too") {
  for (const std::string_view name : catalogue().names(CatalogueKind::llm)) {
    const CatalogueItem& item = *catalogue().find_items(name).at(0);
    std::map<std::string, std::string> own;
    for (const CatalogueRow& row : catalogue().rows(item)) {
      own[row.key] = row.value;
      const bool figure = row.key.rfind("parameters.", 0) == 0;
      CAPTURE(name, row.key);
      CHECK((!figure || (!row.source.empty() && is_confidence(row.confidence))));
    }
    CAPTURE(name);
    CHECK_FALSE(own["source"].empty());
    CHECK(is_confidence(own["confidence"]));
  }
}

TEST_CASE("narrower formats are never slower, and prefill reaches at least what decoding reaches") {
  for (const std::string_view name : catalogue().names(CatalogueKind::hardware)) {
    const ComputeSpec& compute = catalogue().device(name).compute;
    CAPTURE(name);
    CHECK(compute.bf16.prefill_efficiency.value >= compute.bf16.decode_efficiency.value);
    if (compute.fp8) CHECK(compute.fp8->peak.value >= compute.bf16.peak.value);
    if (compute.fp8 && compute.fp4) CHECK(compute.fp4->peak.value >= compute.fp8->peak.value);
  }
}

TEST_CASE("every model has a layout") {
  for (const std::string_view name : catalogue().names(CatalogueKind::llm)) {
    CAPTURE(name);
    CHECK_FALSE(layout_problem(catalogue().llm(name), {}));
    CHECK_FALSE(layout_problem(catalogue().llm(name), {2, 2, Dtype::bf16, Dtype::bf16}));
  }
}

}  // namespace cleave
