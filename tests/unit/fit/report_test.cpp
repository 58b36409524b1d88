#include <catch2/catch.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "calibration/fit/report/coefficients.h"
#include "calibration/fit/report/plot.h"
#include "calibration/fit/report/results_text.h"
#include "tests/unit/fit/devices.h"

namespace cleave::fit {
namespace {

using Catch::Contains;

TEST_CASE("a coefficient file names its sources, ranges and residuals, and is small") {
  std::vector<std::string> left_out;
  const auto tables = fit_folder(fixtures(), {fixture_devices(), {}, nullptr}, {{"gemm_bf16"}, 500}, left_out);
  REQUIRE(tables.size() == 2);
  const std::string text = coefficients_json(tables[1]);
  CHECK(text.size() < 20000);
  const auto json = nlohmann::json::parse(text);
  CHECK(json["device"] == "h100-sxm");
  CHECK(json["sources"][0] == "gemm_perf__synthetic.csv");
  const auto& variant = json["variants"]["bfloat16/torch"];
  CHECK(variant["valid"]["m"] == nlohmann::json({1.0, 8192.0}));
  CHECK(variant["coefficients"].size() == 6);
  CHECK(variant["coefficients"]["compute_share"].get<double>() == Approx(0.6).epsilon(0.1));
  CHECK(variant["fit"]["rows"] == 180);
  CHECK(variant["residual"].size() <= 400);
  CHECK(variant["residual"][0].size() == 5);
}

TEST_CASE("coefficient files land in their device's folder") {
  const auto folder = std::filesystem::temp_directory_path() / "cleave-fit-report-test";
  std::filesystem::remove_all(folder);
  std::vector<std::string> left_out;
  const auto tables = fit_folder(fixtures(), {fixture_devices(), {}, nullptr}, {{"nccl"}, 500}, left_out);
  for (const auto& file : write_coefficients(tables, folder)) CHECK(std::filesystem::file_size(file) > 100);
  CHECK(std::filesystem::exists(folder / "hardware" / "b200-sxm" / "nccl.json"));
  std::filesystem::remove_all(folder);
}

TEST_CASE("the page of dots stands alone and shows every region of every device") {
  const RunResult result = evaluate_fixtures({"gemm_bf16"});
  const std::string page = plot_page(result.regions);
  CHECK_THAT(page, Contains("gemm_bf16, on the grid") && Contains("gemm_bf16, beyond in m") && Contains("b200_sxm"));
  CHECK(page.find("http") == std::string::npos);
  CHECK(page.find("NaN") == std::string::npos);
  CHECK(page.find("nan") == std::string::npos);
}

TEST_CASE("the text says fit, roofline and interpolation side by side, and what was left out") {
  RunResult result = evaluate_fixtures({"nccl"});
  result.left_out.push_back("some table");
  CHECK_THAT(results_text(result, false), Contains("roofline") && Contains("interpolation") && Contains("met") &&
                                              Contains("left out: some table") && Contains("form broke it 0 of"));
  CHECK_THAT(results_text(result, true), Contains("h100_sxm from b200_sxm"));
}

}  // namespace
}  // namespace cleave::fit
