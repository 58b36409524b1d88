// Reading the catalogue: names, places of errors, where it lies.

#include "sim/scenario/catalogue.h"

#include <catch2/catch.hpp>

#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "models/units/error.h"
#include "tests/unit/models/specs.h"

namespace cleave {
namespace {

namespace fs = std::filesystem;

/// A copy of a few entries that a test may spoil; removed at the end.
class Copy {
 public:
  explicit Copy(const std::string& name)
      : folder_(fs::temp_directory_path() / ("cleave-catalogue-" + name + std::to_string(::getpid()))) {
    fs::remove_all(folder_);
    const fs::path from = fs::path(CLEAVE_SOURCE_DIR) / "models" / "catalog";
    for (const char* file :
         {"hardware/h100-sxm.yaml", "llm/llama-3.1-8b.yaml", "llm/qwen3-30b-a3b.yaml", "links/roce-400g.yaml",
          "tiers/nvme-gen4.yaml", "protocols/rdma-read.yaml", "codecs/fp8.yaml", "engine/orca.yaml"}) {
      fs::create_directories((folder_ / file).parent_path());
      fs::copy_file(from / file, folder_ / file);
    }
  }
  ~Copy() { fs::remove_all(folder_); }

  void replace(const std::string& file, const std::string& old_text, const std::string& new_text) const {
    std::string text = read(file);
    const auto at = text.find(old_text);
    REQUIRE(at != std::string::npos);
    write(file, text.replace(at, old_text.size(), new_text));
  }
  void write(const std::string& file, const std::string& text) const { std::ofstream(folder_ / file) << text; }
  [[nodiscard]] std::string read(const std::string& file) const {
    std::ostringstream text;
    text << std::ifstream(folder_ / file).rdbuf();
    return text.str();
  }
  [[nodiscard]] const fs::path& folder() const { return folder_; }

  /// The diagnostics of loading; "" when it loads.
  [[nodiscard]] std::string complaint() const {
    try {
      (void)Catalogue::load(folder_);
      return {};
    } catch (const ConfigError& error) {
      return error.what();
    }
  }

 private:
  fs::path folder_;
};

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("the catalogue loads, and finds by name what it lists") {
  const Copy copy("loads");
  CHECK(copy.complaint().empty());
  const Catalogue loaded = Catalogue::load(copy.folder());
  REQUIRE(loaded.items().size() == 8);
  CHECK(loaded.device("h100-sxm").compute.bf16.peak.value == FlopsPerSecond{989e12});
  CHECK(loaded.device("h100-sxm").compute.bf16.peak.confidence == Confidence::published);
  CHECK(loaded.llm("llama-3.1-8b").layer_count() == 32);
  REQUIRE(loaded.find_link("roce-400g") != nullptr);
  CHECK(loaded.find_link("roce-400g")->bandwidth.value == BytesPerSecond{50e9});
  REQUIRE(loaded.find_tier("nvme-gen4") != nullptr);
  CHECK(loaded.find_tier("nvme-gen4")->latency.value == std::chrono::microseconds{80});
  CHECK(loaded.find_device("llama-3.1-8b") == nullptr);
  CHECK(loaded.names(CatalogueKind::llm) == std::vector<std::string_view>{"llama-3.1-8b", "qwen3-30b-a3b"});
}

TEST_CASE("an unknown name is answered with the nearest one") {
  CHECK_THROWS_WITH(catalogue().device("h100-sxn"), Catch::Contains("did you mean `h100-sxm`?"));
  CHECK_THROWS_WITH(catalogue().llm("lama-3.1-8b"), Catch::Contains("did you mean `llama-3.1-8b`?"));
  CHECK_THROWS_AS(catalogue().device("nothing-like-it"), ConfigError);
}

TEST_CASE("an error in an entry is reported with its file, line and column") {
  const Copy copy("place");
  copy.replace("tiers/nvme-gen4.yaml", "\"80 us\"", "\"80 furlongs\"");
  const std::string complaint = copy.complaint();
  CAPTURE(complaint);
  CHECK(has(complaint, "nvme-gen4.yaml:4:18"));
  CHECK(has(complaint, "latency.value"));
  CHECK(has(complaint, "80 furlongs"));
}

TEST_CASE("a number without a source, a confidence or a unit is an error") {
  const Copy copy("source");
  copy.replace("links/roce-400g.yaml", "source: \"line rate\", ", "");
  CHECK(has(copy.complaint(), "source"));
  copy.replace("hardware/h100-sxm.yaml", "\"700 W\"", "700");
  CHECK(has(copy.complaint(), "power.value"));
  copy.replace("llm/llama-3.1-8b.yaml", "confidence: published", "confidence: certain");
  const std::string complaint = copy.complaint();
  CAPTURE(complaint);
  CHECK(has(complaint, "certain"));
  CHECK(has(complaint, "measured, published, derived or assumed"));
  CHECK(has(complaint, "roce-400g.yaml"));  // all files' errors at once
  CHECK(has(complaint, "h100-sxm.yaml"));
}

TEST_CASE("values that no device or model can have are errors") {
  const Copy copy("sense");
  copy.replace("hardware/h100-sxm.yaml", "\"3.35 TB/s\"", "\"0 TB/s\"");
  copy.replace("hardware/h100-sxm.yaml", "value: 0.8,", "value: 1.8,");
  copy.replace("llm/llama-3.1-8b.yaml", "kv_heads: 8", "kv_heads: 5");
  copy.replace("llm/qwen3-30b-a3b.yaml", "top_k: 8", "top_k: 800");
  const std::string complaint = copy.complaint();
  CAPTURE(complaint);
  CHECK(has(complaint, "memory.bandwidth.value: got zero"));
  CHECK(has(complaint, "prefill_efficiency.value: got 1.8"));
  CHECK(has(complaint, "layers[0].attention.kv_heads: got 5"));
  CHECK(has(complaint, "layers[0].mlp.top_k: got 800"));
}

TEST_CASE("figures of FlashAttention 2 that could not be used are errors") {
  const std::string sourced = ", source: \"a test\", confidence: assumed}\n";
  const auto complaint = [&](const char* name, const std::string& key, const std::string& old_text) {
    const Copy copy(name);
    copy.replace("hardware/h100-sxm.yaml", old_text, key + sourced + old_text);
    return copy.complaint();
  };
  CHECK(has(complaint("tile-zero", "  query_tile: {value: 0", "memory:\n"), "compute.query_tile.value: got zero"));
  CHECK(has(complaint("joint-alone", "  joint_efficiency: {value: 0.5", "memory:\n"),
            "compute.joint_efficiency: needs compute.query_tile"));
  CHECK(complaint("tile", "  query_tile: {value: 64", "memory:\n").empty());
  const Copy copy("tile-without-cache");
  copy.replace("hardware/h100-sxm.yaml", "  cache: {", "  #cache: {");
  copy.replace("hardware/h100-sxm.yaml", "memory:\n", "  query_tile: {value: 64" + sourced + "memory:\n");
  CHECK(has(copy.complaint(), "compute.query_tile: needs compute.multiprocessors and memory.cache"));
}

TEST_CASE("a cache that no device can have is an error") {
  const std::string sourced = ", source: \"a test\", confidence: assumed}\n";
  const Copy slow("cache-slow");
  slow.replace("hardware/h100-sxm.yaml", "memory:\n", "memory:\n  cache_speed: {value: 0.5" + sourced);
  CHECK(has(slow.complaint(), "memory.cache_speed: got 0.5"));
  const Copy without("cache-speed-alone");
  without.replace("hardware/h100-sxm.yaml", "  cache: {", "  #cache: {");
  without.replace("hardware/h100-sxm.yaml", "memory:\n", "memory:\n  cache_speed: {value: 3" + sourced);
  CHECK(has(without.complaint(), "memory.cache_speed: needs memory.cache"));
  const Copy good("cache-speed");
  good.replace("hardware/h100-sxm.yaml", "memory:\n", "memory:\n  cache_speed: {value: 3" + sourced);
  CHECK(good.complaint().empty());
}

TEST_CASE("an unknown or doubled key of an entry is an error") {
  const Copy copy("keys");
  copy.replace("llm/llama-3.1-8b.yaml", "hidden:", "hiden:");
  CHECK(has(copy.complaint(), "did you mean `hidden`?"));
  copy.write("llm/llama-3.1-8b.yaml", copy.read("llm/llama-3.1-8b.yaml") + "vocab: 7\n");
  CHECK(has(copy.complaint(), "vocab"));
}

TEST_CASE("a folder without its parts is an error") {
  const Copy copy("folder");
  fs::remove_all(copy.folder() / "tiers");
  CHECK(has(copy.complaint(), "tiers"));
}

TEST_CASE("an entry's hash changes with any byte of its file, and with nothing else") {
  const Copy copy("hash");
  const auto hash_of = [&](const char* name) { return Catalogue::load(copy.folder()).find_items(name).at(0)->hash; };
  const std::uint64_t before = hash_of("h100-sxm");
  const std::uint64_t other = hash_of("llama-3.1-8b");
  CHECK(hash_of("h100-sxm") == before);
  copy.replace("hardware/h100-sxm.yaml", "989 TFLOPS", "990 TFLOPS");
  CHECK(hash_of("h100-sxm") != before);
  CHECK(hash_of("llama-3.1-8b") == other);
}

TEST_CASE("the hash is FNV-1a of the bytes") {
  const Copy copy("fnv");
  const std::string text = copy.read("tiers/nvme-gen4.yaml");
  std::uint64_t expected = 0xcbf29ce484222325ULL;
  for (const char byte : text) expected = (expected ^ static_cast<unsigned char>(byte)) * 0x100000001b3ULL;
  CHECK(Catalogue::load(copy.folder()).find_items("nvme-gen4").at(0)->hash == expected);
}

TEST_CASE("rows show each number with its source, and what follows for a model") {
  const auto rows_of = [](const char* name) { return catalogue().rows(*catalogue().find_items(name).at(0)); };
  bool peak = false;
  for (const CatalogueRow& row : rows_of("h100-sxm")) {
    if (row.key != "compute.bf16.peak") continue;
    peak = true;
    CHECK(row.value == "989 TFLOPS");
    CHECK(row.confidence == "published");
    CHECK(has(row.source, "aiconfigurator"));
  }
  CHECK(peak);
  bool kv = false;
  bool heads = false;
  for (const CatalogueRow& row : rows_of("llama-3.1-8b")) {
    kv = kv || (row.key == "derived.kv_bytes_per_token_bf16" && row.value == "131072");
    heads = heads || (row.key == "layers[0].attention.kv_heads" && row.value == "8");
  }
  CHECK(kv);
  CHECK(heads);
}

TEST_CASE("CLEAVE_CATALOG says where the catalogue lies, and a wrong one is an error") {
  const Copy copy("place-by-name");
  REQUIRE(setenv("CLEAVE_CATALOG", copy.folder().c_str(), 1) == 0);
  CHECK(catalogue_folder() == copy.folder());
  REQUIRE(setenv("CLEAVE_CATALOG", "no/such/folder", 1) == 0);
  CHECK_THROWS_AS(catalogue_folder(), ConfigError);
  REQUIRE(unsetenv("CLEAVE_CATALOG") == 0);
  CHECK(fs::equivalent(catalogue_folder(), fs::path(CLEAVE_SOURCE_DIR) / "models" / "catalog"));
}

}  // namespace cleave
