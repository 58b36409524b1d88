#include <algorithm>
#include <catch2/catch.hpp>

#include "calibration/fit/steps/step_fit.h"
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

TEST_CASE("step tables are found with the model and the ranks that their engine states") {
  const auto tables = read_all();
  REQUIRE(tables.size() == 2);
  CHECK(tables[0].model->name == "qwen3-32b");
  CHECK(tables[0].tensor_ranks == 1);
  CHECK(tables[1].tensor_ranks == 2);
  for (const StepRow& row : tables[0].rows) {
    CHECK(row.tokens() > 0);
    CHECK(row.context_spread == Approx(row.real && row.decodes > 0 ? 0.5 : 0));
  }
}

TEST_CASE("a model that the catalogue lacks is named") {
  CHECK_THROWS_WITH(read_steps(fixtures() + "/steps_tp1", {}),
                    Catch::Contains("engine_config.json") && Catch::Contains("qwen3-32b"));
}

TEST_CASE("offset and scale fitted on sweeps predict served steps and other numbers of ranks") {
  const auto results = evaluate_steps(read_all(), catalogue().device("b300-sxm"));
  for (const char* name : {"sweep", "real segments", "unseen rank count"}) {
    const auto row = std::find_if(results.begin(), results.end(),
                                  [&](const RegionResult& r) { return r.region == name && r.device == "all"; });
    REQUIRE(row != results.end());
    CAPTURE(name, row->fitted().mean, row->errors[2].mean);
    CHECK(row->fitted().mean < 15);
    CHECK(row->fitted().mean < row->errors[static_cast<std::size_t>(Method::roofline)].mean);
  }
}

TEST_CASE("contexts that differ make a step slower, equal ones do not") {
  StepRow row;
  row.decodes = 32;
  row.decode_context = Tokens{100000};
  const LlmSpec& model = catalogue().llm("qwen3-32b");
  const StepWork even = step_work(row, model, catalogue().device("b300-sxm"), 1);
  row.context_spread = 1;
  const StepWork uneven = step_work(row, model, catalogue().device("b300-sxm"), 1);
  CHECK(kernel_sum(even) == Approx(even.kernels + even.scans));
  CHECK(kernel_sum(uneven) - kernel_sum(even) == Approx(even.scans));
}

}  // namespace
}  // namespace cleave::fit
