#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "models/units/error.h"
#include "sim/validation/command_line.h"
#include "sim/validation/csv_table.h"
#include "sim/validation/measured_run.h"
#include "sim/validation/names.h"

namespace cleave {
namespace {

namespace fs = std::filesystem;

/// A file of its own for one test case, removed at its end.
class File {
 public:
  explicit File(const std::string& text) {
    std::string pattern = (fs::temp_directory_path() / "cleave-table-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path_ = fs::path(pattern) / "t.csv";
    std::ofstream(path_, std::ios::binary) << text;
  }
  ~File() { fs::remove_all(path_.parent_path()); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

TEST_CASE("a table is read by the names of its columns, and an empty field is no number") {
  const File file("b,a\n2,x\n,y\n");
  const CsvTable table = CsvTable::load(file.path());
  CHECK(table.rows() == 2);
  CHECK(table.number(0, "b") == 2);
  CHECK(table.whole(0, "b") == 2);
  CHECK(table.text(1, "a") == "y");
  CHECK_FALSE(table.maybe(1, "b"));
  CHECK_FALSE(table.maybe(0, "c"));
  CHECK(table.has("a"));
  CHECK_FALSE(table.has("c"));
  CHECK_THROWS_WITH(table.number(1, "b"), Catch::Contains(":3: b: is missing"));
  CHECK_THROWS_WITH(table.number(0, "a"), Catch::Contains(":2: a: got x"));
  CHECK_THROWS_AS(table.text(0, "c"), ConfigError);
}

TEST_CASE("a line with another number of fields is an error that names it") {
  const File file("a,b\n1,2\n1\n");
  CHECK_THROWS_WITH(CsvTable::load(file.path()), Catch::Contains(":3: fields: got \"1\", expected 2"));
  CHECK_THROWS_WITH(CsvTable::load(File("").path()), Catch::Contains("is empty"));
}

TEST_CASE("flags of a recorded command line are read in all their forms") {
  const CommandLine command("vllm serve org/model --tp 8 --watermark=0.5 --quiet --name x --other");
  CHECK(command.number("tp") == 8);
  CHECK(command.number("watermark") == 0.5);
  CHECK(command.has("quiet"));
  CHECK_FALSE(command.number("quiet"));
  CHECK(command.text("name") == "x");
  CHECK(command.has("other"));
  CHECK_FALSE(command.has("serve"));
}

TEST_CASE("measured runs name hardware and models in their own ways, and the catalogue's entries are found") {
  const Catalogue catalogue = Catalogue::load(catalogue_folder());
  CHECK(device_called(catalogue, "RTXPRO6000") == "rtx-pro-6000");
  CHECK(device_called(catalogue, "b200_sxm") == "b200-sxm");
  CHECK(device_called(catalogue, "B300") == "b300-sxm");
  CHECK(device_called(catalogue, "gb200") == "gb200-nvl72");
  CHECK(device_called(catalogue, "NVIDIA-A100-SXM4-80GB") == "a100-80-sxm");
  CHECK(device_called(catalogue, "h100-80gb") == "h100-sxm");
  CHECK_FALSE(device_called(catalogue, "abacus"));
  CHECK_FALSE(device_called(catalogue, "h100-80gb-pcap"));

  CHECK(model_called(catalogue, "meta-llama/Llama-3.1-8B-Instruct") == "llama-3.1-8b");
  CHECK(model_called(catalogue, "nvidia/Llama-3.3-70B-Instruct-FP4") == "llama-3.1-70b");
  CHECK(model_called(catalogue, "Qwen/Qwen3-235B-A22B-FP8") == "qwen3-235b-a22b");
  CHECK(model_called(catalogue, "nvidia/DeepSeek-R1-0528-FP4") == "deepseek-v3");
  CHECK(model_called(catalogue, "MiniMaxAI/MiniMax-M2.5") == "minimax-m2.5");
  CHECK(model_called(catalogue, "llama2-70b") == "llama-2-70b");
  CHECK_FALSE(model_called(catalogue, "bloom-176b"));

  CHECK(weight_dtype_in("nvidia/DeepSeek-R1-0528-FP4") == "fp4");
  CHECK(weight_dtype_in("Qwen/Qwen3-235B-A22B-FP8") == "fp8");
  CHECK_FALSE(weight_dtype_in("Qwen/Qwen3-32B"));
}

TEST_CASE("a release of vLLM is known by its minor version, and follows the rules of a profile") {
  CHECK(vllm_minor("0.19.0") == 19);
  CHECK(vllm_minor("0.6.3.post1") == 6);
  CHECK_FALSE(vllm_minor("1.0.0").has_value());
  CHECK_FALSE(vllm_minor("").has_value());
  CHECK(vllm_profile("0.24.0") == "vllm-0.19");
  CHECK(vllm_profile("0.13.1") == "vllm-0.10");
  CHECK(vllm_profile("0.7.0") == "vllm-0.6");
  CHECK(vllm_profile("nightly") == "vllm-0.10");
}

}  // namespace
}  // namespace cleave
