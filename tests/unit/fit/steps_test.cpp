#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>

#include "calibration/fit/report/coefficients.h"
#include "calibration/fit/steps/step_fit.h"
#include "models/cost/calibrated.h"
#include "models/units/error.h"
#include "tests/unit/fit/devices.h"
#include "tests/unit/models/specs.h"

namespace cleave::fit {
namespace {

std::vector<StepTable> read_all() {
  const ModelTable models{{"qwen3-32b", &catalogue().llm("qwen3-32b")}};
  std::vector<StepTable> tables;
  for (const auto& folder : find_step_folders(fixtures())) tables.push_back(read_steps(folder, models));
  return tables;
}

TEST_CASE("step tables are found with the model and the layout that their engine states") {
  const auto tables = read_all();
  REQUIRE(tables.size() == 2);
  CHECK(tables[0].model->name == "qwen3-32b");
  CHECK(tables[0].layout.tp == 1);
  CHECK(tables[1].layout.tp == 2);
  CHECK(tables[1].layout.ep == 1);
  for (const StepRow& row : tables[0].rows) {
    CHECK(row.tokens() > 0);
    CHECK(row.context_spread == Approx(row.real && row.decodes > 0 ? 0.5 : 0));
  }
}

TEST_CASE("a model that the catalogue lacks is named") {
  CHECK_THROWS_WITH(read_steps(fixtures() + "/steps_tp1", {}),
                    Catch::Contains("engine_config.json") && Catch::Contains("qwen3-32b"));
}

TEST_CASE("offset and scale fitted on sweeps predict served steps and other layouts") {
  const auto results = evaluate_steps(read_all(), {&catalogue().device("b300-sxm"), {}});
  for (const char* name : {"sweep", "real segments", "unseen layout"}) {
    const auto row = std::find_if(results.begin(), results.end(),
                                  [&](const RegionResult& r) { return r.region == name && r.device == "all"; });
    REQUIRE(row != results.end());
    CAPTURE(name, row->fitted().mean, row->errors[2].mean);
    CHECK(row->fitted().mean < 15);
    if (row->region == "unseen layout") continue;  // the fixtures scale perfectly, as a roofline does
    CHECK(row->fitted().mean < row->errors[static_cast<std::size_t>(Method::roofline)].mean);
  }
}

/// A step with prompts, and one without, small and beyond the captured graphs.
std::vector<StepRow> some_steps() {
  std::vector<StepRow> rows(4);
  rows[0].decodes = 32;
  rows[0].decode_context = Tokens{100000};
  rows[0].context_spread = 1;
  rows[1].prefills = {{Tokens{200}, Tokens{0}}, {Tokens{100}, Tokens{1000}}};
  rows[2].prefills = {{Tokens{4096}, Tokens{512}}};
  rows[2].decodes = 8;
  rows[2].decode_context = Tokens{8000};
  rows[3].decodes = 600;
  rows[3].decode_context = Tokens{600000};
  return rows;
}

TEST_CASE("a step's form is what the cost model charges with the same coefficients") {
  const DeviceSpec& device = catalogue().device("b300-sxm");
  const std::vector<double> c{2e-4, 1.2, 3e-3, 1.1, 0.6, 1e-4, 5e-4, 6e-4, 2e-3};
  for (const char* name : {"qwen3-32b", "qwen3.6-35b-a3b"}) {
    const LlmSpec& model = catalogue().llm(name);
    ReplicaLayout layout;
    layout.tp = 2;
    const StepTermsOf terms(model, device, layout, {});
    const auto cost = make_calibrated(model, device, layout,
                                      std::make_shared<DeviceCalibration>(DeviceCalibration{{}, step_overhead(c)}));
    for (const StepRow& row : some_steps()) {
      BatchShape batch{row.prefills, row.decodes, row.decode_context};
      const auto sum = static_cast<double>(row.decode_context.value());
      if (row.decodes > 0) {
        batch.decode_context_squares =
            sum * sum / static_cast<double>(row.decodes) * (1 + row.context_spread * row.context_spread);
      }
      const double charged = std::chrono::duration<double>(cost->step(batch)).count();
      CAPTURE(name, row.tokens());
      CHECK(step_seconds(terms(row), c) == Approx(charged).epsilon(1e-4));
    }
  }
}

TEST_CASE("contexts that differ make a step slower, equal ones do not") {
  const StepTermsOf terms(catalogue().llm("qwen3-32b"), catalogue().device("b300-sxm"), {}, {});
  StepRow row = some_steps()[0];
  CHECK(terms(row).tail > 0);
  row.context_spread = 0;
  CHECK(terms(row).tail == 0);
}

TEST_CASE("the overhead of steps that is written is what the cost model reads") {
  const auto folder = std::filesystem::temp_directory_path() / fmt::format("cleave-fit-steps-test-{}", ::getpid());
  std::filesystem::remove_all(folder);
  const DeviceSpec& device = catalogue().device("b300-sxm");
  const std::vector<double> c{2e-4, 1.2, 3e-3, 1.1, 0.6, 1e-4, 5e-4, 6e-4, 2e-3};
  write_steps({&device, c, {"a"}}, "nobody", folder);
  const StepOverhead read = load_calibration(folder / "hardware", device).overhead;
  CHECK(read.calibrated);
  CHECK(read.graph_scale == 1.2);
  CHECK(read.linear_eager == 2e-3);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace cleave::fit
