// cleave calibrate: two folders of any name, and folders that are no measurements.

#include <cmath>
#include <nlohmann/json.hpp>

#include "tests/smoke/process.h"

namespace cleave {
namespace {

namespace fs = std::filesystem;
using Catch::Contains;
using Json = nlohmann::json;

const fs::path kKernels = fs::path(CLEAVE_SOURCE_DIR) / "tests/fixtures/kernels";

/// The rows of the fixture's products on H100 whose number among the rows leaves `remainder` when divided by three, or
/// does not.
std::string third_of_products(std::size_t remainder, bool those) {
  std::istringstream in(read_file(kKernels / "h100_sxm/gemm_perf__synthetic.csv"));
  std::string out;
  std::size_t number = 0;
  for (std::string line; std::getline(in, line); ++number) {
    if (number == 0 || (number % 3 == remainder) == those) out += line + "\n";
  }
  return out;
}

/// Multiplies the time of one line, counted from 1 as messages do.
std::string with_slip(const std::string& table, std::size_t line_number, double factor) {
  std::istringstream in(table);
  std::ostringstream out;
  std::size_t number = 0;
  for (std::string line; std::getline(in, line);) {
    const std::size_t comma = line.rfind(',') + 1;
    if (++number == line_number) {
      out << line.substr(0, comma) << std::stod(line.substr(comma)) * factor << '\n';
    } else {
      out << line << '\n';
    }
  }
  return out.str();
}

/// A folder to fit and one to test, of names that mean nothing.
struct Folders {
  Scratch scratch;
  fs::path known = scratch.path() / "one";
  fs::path other = scratch.path() / "two/deeper";

  Folders() {
    write_file(known / "h100_sxm/gemm_perf__mine.csv", third_of_products(0, false));
    write_file(other / "h100_sxm/gemm_perf.csv", third_of_products(0, true));
    write_file(other / "b200_sxm/gemm_perf__theirs.csv", read_file(kKernels / "b200_sxm/gemm_perf__synthetic.csv"));
  }
  [[nodiscard]] Answer compare() const {
    return cleave(
        {"calibrate", "--fit", known.string(), "--test", (scratch.path() / "two").string(), "--format", "json"});
  }
};

TEST_CASE("tables of one folder are fitted and compared with those of another, whatever the folders' names") {
  const Folders folders;
  write_file(folders.other / "b200_sxm/nccl_perf.csv", read_file(kKernels / "b200_sxm/nccl_perf__synthetic.csv"));
  const Answer answer = folders.compare();
  INFO(answer.err);
  REQUIRE(answer.code == 0);
  const Json result = Json::parse(answer.out);
  bool seen = false;
  bool unseen = false;
  for (const Json& row : result["regions"]) {
    INFO(row.dump());
    CHECK(row["fit"]["mape_percent"].get<double>() < row["roofline"]["mape_percent"].get<double>());
    seen = seen || (row["device"] == "h100_sxm" && row["region"] == "on the grid");
    unseen = unseen || (row["device"] == "b200_sxm" && row["nearest_known_device"] == "h100_sxm");
  }
  CHECK(seen);
  CHECK(unseen);
  CHECK_THAT(result["left_out"].dump(), Contains("nccl"));
}

TEST_CASE("the same folders give the same bytes") {
  const Folders folders;
  CHECK(folders.compare().out == folders.compare().out);
  const auto written = [&](const char* name) {
    const fs::path catalogue = folders.scratch.path() / name;
    REQUIRE(cleave({"calibrate", "--fit", folders.known.string(), "--write", catalogue.string(), "--source", "a test"})
                .code == 0);
    return read_file(catalogue / "hardware/h100-sxm/gemm_bf16.json");
  };
  const std::string first = written("first");
  CHECK_THAT(first, Contains("\"a test\""));
  CHECK(first == written("second"));
}

TEST_CASE("folders that are no measurements are refused with a reason") {
  const Folders folders;
  const auto said = [&](const fs::path& fit) {
    const Answer answer = cleave({"calibrate", "--fit", fit.string(), "--test", folders.known.string()});
    CHECK(answer.code == 2);
    return answer.err;
  };
  CHECK_THAT(said(folders.scratch.path() / "none"), Contains("none: no such folder"));
  fs::create_directories(folders.scratch.path() / "empty");
  CHECK_THAT(said(folders.scratch.path() / "empty"), Contains("empty") && Contains("no table"));
  write_file(folders.scratch.path() / "odd/h999_pcie/gemm_perf.csv", third_of_products(0, true));
  CHECK_THAT(said(folders.scratch.path() / "odd"), Contains("`h999_pcie`") && Contains("`h100-sxm`"));
}

TEST_CASE("a damaged table ends the program with file, line and reason") {
  const Folders folders;
  const fs::path table = folders.other / "h100_sxm/gemm_perf.csv";
  const std::string sound = read_file(table);
  const auto said = [&](const std::string& text) {
    write_file(table, text);
    const Answer answer = folders.compare();
    CHECK(answer.code == 2);
    return answer.err;
  };
  std::string renamed = sound;
  renamed.replace(renamed.find("latency"), 7, "delay");
  CHECK_THAT(said(renamed), Contains("gemm_perf.csv:1: no column `latency`"));
  CHECK_THAT(said(with_slip(sound, 9, -1)), Contains("gemm_perf.csv:9: ") && Contains("above 0"));
  CHECK_THAT(said(with_slip(sound, 9, std::nan(""))), Contains("gemm_perf.csv:9: ") && Contains("finite"));
  CHECK_THAT(said(with_slip(sound, 9, 1000)), Contains("gemm_perf.csv:9: ") && Contains("slip of units"));
}

}  // namespace
}  // namespace cleave
