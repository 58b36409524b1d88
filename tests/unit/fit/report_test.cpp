#include <fmt/format.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "calibration/fit/report/coefficients.h"
#include "calibration/fit/report/plot.h"
#include "calibration/fit/report/results_table.h"
#include "calibration/fit/report/results_text.h"
#include "models/units/error.h"
#include "tests/unit/fit/devices.h"

namespace cleave::fit {
namespace {

using Catch::Contains;

TEST_CASE("a coefficient file names its sources, ranges and residuals, and is small") {
  const auto tables = fit_folder(fixtures(), {fixture_devices(), {}, nullptr, {}}, {{"gemm_bf16"}, 500});
  REQUIRE(tables.size() == 2);
  const std::string text = coefficients_json(tables[1], "nobody", 100);
  CHECK(text.size() < 20000);
  const auto json = nlohmann::json::parse(text);
  CHECK(json["device"] == "h100-sxm");
  CHECK(json["source"] == "nobody");
  CHECK(json["tables"][0] == "gemm_perf__synthetic.csv");
  const auto& variant = json["variants"]["bfloat16/torch"];
  CHECK(variant["range"]["m"] == nlohmann::json({1, 8192}));
  CHECK(variant["coefficients"].size() == 8);
  CHECK(variant["coefficients"]["compute_share"].get<double>() == Approx(0.6).epsilon(0.1));
  CHECK(variant["rows"] == 180);
  CHECK(variant["errors"]["on_grid"].get<double>() < 0.1);
  CHECK(variant["residual"]["nodes"].size() == 100);
  CHECK(variant["residual"]["axes"] == nlohmann::json({"m", "n", "k"}));
}

/// Coefficient files of the fixtures in a folder of their own, gone afterwards.
class WrittenFiles {
 public:
  explicit WrittenFiles(const std::vector<std::string>& only)
      : folder_(std::filesystem::temp_directory_path() /
                fmt::format("cleave-fit-report-test-{}-{}", only.at(0), ::getpid())) {
    std::filesystem::remove_all(folder_);
    tables = fit_folder(fixtures(), {fixture_devices(), {}, nullptr, {}}, {only, 500});
    write_coefficients(tables, "nobody", folder_);
  }
  ~WrittenFiles() { std::filesystem::remove_all(folder_); }
  WrittenFiles(const WrittenFiles&) = delete;
  WrittenFiles& operator=(const WrittenFiles&) = delete;

  [[nodiscard]] std::filesystem::path file(const std::string& device, const std::string& family) const {
    return folder_ / "hardware" / device / (family + ".json");
  }
  std::vector<FittedTable> tables;

 private:
  std::filesystem::path folder_;
};

TEST_CASE("what a coefficient file says is what the fit said, but for the residual being thinned") {
  for (const char* family : {"gemm_bf16", "decode_attention", "moe"}) {
    const WrittenFiles written({family});
    for (const FittedTable& each : written.tables) {
      const KernelTable read = KernelTable::load(written.file(each.fitted.spec->name, family), *each.fitted.spec);
      for (const Sample& sample : each.data.samples) {
        const KernelFit* fit = read.serving(each.data.variants[sample.variant].base);
        REQUIRE(fit != nullptr);
        const KernelFit* own = each.fitted.serving(each.data.variants[sample.variant]);
        const KernelPrice price = fit->predict(sample.axis);
        CAPTURE(family, each.fitted.spec->name, sample.axis);
        REQUIRE(price.seconds == Approx(own->predict(sample.axis).seconds).epsilon(0.03));
        CHECK(price.source != KernelSource::extrapolated);
      }
    }
  }
}

TEST_CASE("a price says what it rests on") {
  const WrittenFiles written({"gemm_bf16"});
  const DeviceSpec& h100 = *fixture_devices().at("h100-sxm");
  const KernelTable own = KernelTable::load(written.file("h100-sxm", "gemm_bf16"), h100);
  const KernelFit& fit = *own.serving("bfloat16");
  CHECK(fit.predict(gemm_axes({1024, 4096, 4096})).source == KernelSource::measured);
  CHECK(fit.predict(gemm_axes({3000, 4096, 4096})).source == KernelSource::fitted);
  CHECK(fit.predict(gemm_axes({65536, 4096, 4096})).source == KernelSource::extrapolated);
  CHECK(own.serving("nvfp4") == nullptr);
  const DeviceSpec twice = gpu("h100-twice", 2 * 989e12, 2 * 3.35e12, 132, 450e9);
  const KernelTable other = KernelTable::load(written.file("h100-sxm", "gemm_bf16"), twice);
  const KernelPrice moved = other.serving("bfloat16")->predict(gemm_axes({8192, 8192, 8192}));
  CHECK(moved.source == KernelSource::transferred);
  CHECK(moved.seconds == Approx(fit.predict(gemm_axes({8192, 8192, 8192})).seconds / 2).epsilon(0.05));
}

TEST_CASE("a coefficient file that is damaged is refused with its name and a reason") {
  const WrittenFiles written({"nccl"});
  const std::filesystem::path file = written.file("b200-sxm", "nccl");
  std::stringstream text;
  text << std::ifstream(file).rdbuf();
  const auto refusal = [&](const std::string& from, const std::string& to) -> std::string {
    std::string damaged = text.str();
    damaged.replace(damaged.find(from), from.size(), to);
    std::ofstream(file) << damaged;
    try {
      (void)KernelTable::load(file, *fixture_devices().at("b200-sxm"));
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "accepted";
  };
  CHECK_THAT(refusal("\"format\": 1", "\"format\": 7"), Contains("nccl.json") && Contains("format is not 1"));
  CHECK_THAT(refusal("\"nccl\"", "\"nickel\""), Contains("nickel"));
  CHECK_THAT(refusal("link_share", "link_chair"), Contains("link_share"));
  CHECK_THAT(refusal("{", "["), Contains("nccl.json"));
  std::filesystem::remove(file);
  CHECK_THROWS_WITH(KernelTable::load(file, *fixture_devices().at("b200-sxm")), Contains("cannot be opened"));
}

TEST_CASE("a part of a residual that names no coordinate is refused") {
  const WrittenFiles written({"gemm_bf16"});
  const std::filesystem::path file = written.file("h100-sxm", "gemm_bf16");
  std::stringstream text;
  text << std::ifstream(file).rdbuf();
  std::string damaged = text.str();
  const std::string parts = "\"parts\":[[0,1,3],[0,2,3]]";
  REQUIRE(damaged.find(parts) != std::string::npos);
  damaged.replace(damaged.find(parts), parts.size(), "\"parts\":[[0,1,30]]");
  std::ofstream(file) << damaged;
  CHECK_THROWS_WITH(KernelTable::load(file, *fixture_devices().at("h100-sxm")),
                    Contains("gemm_bf16.json") && Contains("coordinate 30"));
}

TEST_CASE("the page of dots stands alone and shows every region of every device") {
  const RunResult result = evaluate_fixtures({"gemm_bf16"});
  const std::string page = plot_page(result.regions);
  CHECK_THAT(page, Contains("gemm_bf16, on the grid") && Contains("gemm_bf16, beyond in m") && Contains("b200_sxm"));
  CHECK(page.find("http") == std::string::npos);
  CHECK(page.find("NaN") == std::string::npos);
  CHECK(page.find("nan") == std::string::npos);
}

TEST_CASE("each drawing is a file of its own") {
  const auto folder = std::filesystem::temp_directory_path() / fmt::format("cleave-fit-plots-test-{}", ::getpid());
  std::filesystem::remove_all(folder);
  const auto files = write_plots(evaluate_fixtures({"nccl"}).regions, folder);
  REQUIRE(files.size() == 4);
  CHECK(files[1].filename() == "nccl-on-the-grid.svg");
  for (const auto& file : files) CHECK(std::filesystem::file_size(file) > 500);
  std::filesystem::remove_all(folder);
}

TEST_CASE("the page of errors holds every cell, every device and the laws") {
  const std::string page = results_table(evaluate_fixtures({"nccl"}));
  CHECK_THAT(page, Contains("| nccl | on the grid |") && Contains("| collectives | unseen rank count |") &&
                       Contains("h100_sxm, most from b200_sxm") && Contains("more work takes no less time"));
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
