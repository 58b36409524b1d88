// Timings of an engine's layers become rows of the families that their kernels belong to.

#include <unistd.h>

#include <fmt/format.h>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "calibration/fit/tables.h"
#include "models/cost/forms/moe.h"
#include "models/units/error.h"
#include "tests/unit/fit/devices.h"

namespace cleave::fit {
namespace {

namespace fs = std::filesystem;

/// A model of 8 query and 2 KV heads of 64.
const ModelTable& tiny_models() {
  static const LlmSpec kTiny = [] {
    LlmSpec spec;
    spec.name = "tiny-1b";
    spec.hidden = 512;
    spec.vocab = 1000;
    LayerGroup group;
    group.count = 1;
    group.attention = GroupedAttention{8, 2, 64, {}, false, false};
    group.mlp = DenseMlp{2048, true};
    spec.layers.push_back(group);
    return spec;
  }();
  static const LlmSpec kTinyMoe = [] {
    LlmSpec spec = kTiny;
    spec.name = "tiny-moe";
    spec.layers.front().mlp = MoeMlp{128, 8, 2, 0, {}};
    return spec;
  }();
  static const ModelTable kModels{{"tiny-1b", &kTiny}, {"tiny-moe", &kTinyMoe}};
  return kModels;
}

/// Removed with what is in it.
class Folder {
 public:
  explicit Folder(const std::string& name)
      : path_(fs::temp_directory_path() / fmt::format("cleave-layers-{}-{}", name, ::getpid())) {
    fs::create_directories(path_);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { fs::remove_all(path_); }

  void write(const std::string& file, const std::string& text) const {
    fs::create_directories((path_ / file).parent_path());
    std::ofstream(path_ / file) << text;
  }
  [[nodiscard]] Dataset read(std::string_view family) const {
    for (const TableFiles& tables : find_tables(path_)) {
      if (tables.family->name == family) return read_tables(tables, *fixture_devices().at("h100-sxm"), tiny_models());
    }
    return {};
  }

 private:
  fs::path path_;
};

constexpr const char* kPlace = "H100SXM/maker/Tiny-1B-Instruct/bf16/tp2/";

}  // namespace

TEST_CASE("a layer's time is that of the product it is, on its share of the ranks") {
  const Folder folder("dense");
  folder.write(std::string(kPlace) + "dense.csv",
               "layer,tokens,time_us\nqkv_proj,16,5\nlayernorm,16,2\ndown_proj,16,6\n");
  folder.write(std::string(kPlace) + "per_sequence.csv", "layer,sequences,time_us\nlm_head,4,7\nsampler,4,9\n");
  const Dataset data = folder.read("gemm_bf16");
  REQUIRE(data.samples.size() == 3);  // sorted by shape
  // m, n, k, bytes of an element, weights from memory.
  CHECK(data.samples[0].axis == KernelAxes{4, 500, 512, 2, 0});
  CHECK(data.samples[0].seconds == Approx(7e-6));
  CHECK(data.samples[1].axis == KernelAxes{16, 384, 512, 2, 0});
  CHECK(data.samples[2].axis == KernelAxes{16, 512, 1024, 2, 0});
}

TEST_CASE("calls of attention are prompts, decodes, or what decodes add to a prompt") {
  const Folder folder("attention");
  folder.write(std::string(kPlace) + "attention.csv",
               "prefill_chunk,kv_prefill,n_decode,kv_decode,time_us\n"
               "0,0,8,512,20\n64,128,0,0,10\n64,128,8,512,40\n64,128,1,16,12\n");
  CHECK(folder.read("decode_attention").samples.at(0).axis == KernelAxes{8, 512, 4, 1, 64, 0, 2, 0});
  CHECK(folder.read("prefill_attention").samples.at(0).axis == KernelAxes{1, 64, 4, 1, 64, 0, 2, 128});
  const Dataset joint = folder.read("joint_attention");
  REQUIRE(joint.samples.size() == 1);  // the last call adds a fifth: no more than prompts vary by
  CHECK(joint.samples[0].axis == KernelAxes{8, 512, 4, 1, 64, 64, 64});
  CHECK(joint.samples[0].seconds == Approx(30e-6));
}

TEST_CASE("experts of a layer are those that tokens choose together, read between the counts that were timed") {
  const Folder folder("experts");
  folder.write("H100SXM/maker/Tiny-Moe/bf16/tp2/moe.csv",
               "tokens,activated_experts,time_us\n1,2,10\n4,2,12\n4,4,20\n4,8,36\n1000,8,50\n");
  const Dataset data = folder.read("moe");
  REQUIRE(data.samples.size() == 3);
  CHECK(data.samples[0].axis == KernelAxes{1, 512, 128, 2, 8, 2, 1, 2, 2});
  CHECK(data.samples[0].seconds == Approx(10e-6));
  // Four tokens make one choice an expert: between the two and eight that choose alike or apart.
  MoeWork four{4, 512, 128, 2, 8, 2, 1, 2, 2};
  CHECK(data.samples[1].seconds == Approx((20 + 4 * (moe_hit_experts(four, 1.26) - 4)) * 1e-6));
  CHECK(data.samples[2].seconds == Approx(50e-6));  // all of them
}

TEST_CASE("experts of a model that has none are refused") {
  const Folder folder("no-experts");
  folder.write(std::string(kPlace) + "moe.csv", "tokens,activated_experts,time_us\n1,2,10\n");
  CHECK_THROWS_WITH(folder.read("moe"), Catch::Contains("model `tiny-1b` has no routed experts"));
}

TEST_CASE("an accelerator's folder may lack the separators of its name") {
  CHECK(device_of_folder("H100SXM", fixture_devices()) == fixture_devices().at("h100-sxm"));
}

TEST_CASE("timed layers that say too little are refused") {
  const auto complaint = [](const std::string& file, const std::string& text) {
    const Folder folder("refused");
    folder.write(file, text);
    try {
      (void)folder.read("joint_attention");
    } catch (const ConfigError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  const std::string header = "prefill_chunk,kv_prefill,n_decode,kv_decode,time_us\n";
  const std::string file = std::string(kPlace) + "attention.csv";
  CHECK_THAT(complaint(file, header + "64,0,8,512,40\n"), Catch::Contains("attention.csv:2: no row before it"));
  CHECK_THAT(complaint(file, header + "0,0,0,0,40\n"), Catch::Contains("neither `prefill_chunk` nor `n_decode`"));
  CHECK_THAT(complaint(file, header + "64,0,8,0,40\n"), Catch::Contains("`kv_decode` is zero"));
  CHECK_THAT(complaint("H100SXM/maker/Unknown-2B/bf16/tp1/attention.csv", header + "0,0,8,512,20\n"),
             Catch::Contains("model \"Unknown-2B\" is not in the catalogue"));
}

}  // namespace cleave::fit
