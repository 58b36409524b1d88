#include "sim/validation/run_report.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "sim/validation/kinds.h"
#include "sim/validation/outliers.h"
#include "sim/validation/process_pool.h"

namespace cleave {
namespace {

RunReport example() {
  RunReport report;
  report.run = "r";
  report.facts = {{"group", "g"}, {"model", "m"}};
  report.comparisons = {{"TPOT mean", "s", 0.010, 0.0103, false, 0.02, 0.01}, {"hits", "", 0.5, 0.52, true, 0.05, {}}};
  report.spreads = {{"TPOT", 3, -0.1, 0, 0.1, 0.2, 0.3, 0.12}};
  report.series = {{"running", {1, 2}, {1, 1}, 0.25, 0.05}};
  report.reasons = {"because"};
  return report;
}

TEST_CASE("errors are relative, or points for shares, and limits hold for either sign") {
  const RunReport report = example();
  CHECK(report.comparisons[0].error() == Approx(0.03));
  CHECK_FALSE(report.comparisons[0].within_limit());
  CHECK(report.comparisons[1].error() == Approx(0.02));
  CHECK(report.comparisons[1].within_limit());
  Comparison low{"x", "s", 10, 9.9, false, 0.02, {}};
  CHECK(low.within_limit());
  low.simulated = 9.7;
  CHECK_FALSE(low.within_limit());
}

TEST_CASE("a report told as JSON and read back is the same") {
  const nlohmann::ordered_json told = example();
  RunReport read;
  from_json(told, read);
  CHECK(nlohmann::ordered_json(read) == told);
  CHECK(told["comparisons"][0]["pass"] == false);
  CHECK(told["comparisons"][0]["error"].get<double>() == Approx(0.03));
}

TEST_CASE("each limit of a report is a target, reached or missed") {
  const std::vector<Target> targets = targets_by_limits({example()});
  REQUIRE(targets.size() == 3);
  CHECK(targets[0].reached == "+3.0 %");
  CHECK(targets[0].limit == "± 2 %");
  CHECK(targets[0].pass == false);
  CHECK(targets[1].reached == "+2.0 points");
  CHECK(targets[1].pass == true);
  CHECK(targets[2].pass == false);
}

TEST_CASE("errors of single rows are spread pair by pair, and rows without a measured value are left out") {
  const auto spread = spread_of("x", {10, 0, 20, 40}, {11, 5, 20, 20});
  REQUIRE(spread);
  CHECK(spread->count == 3);
  CHECK(spread->p50 == Approx(0));
  CHECK(spread->mean_absolute == Approx((0.1 + 0 + 0.5) / 3));
  CHECK_FALSE(spread_of("x", {0}, {1}));
}

TEST_CASE("groups of rows tell their median error and how many are outside") {
  RunReport one = example();
  RunReport two = example();
  two.comparisons[0].simulated = 0.008;
  RunReport left_out = example();
  left_out.status = ReportStatus::skipped;
  const std::vector<GroupError> errors = errors_by_group({one, two, left_out});
  REQUIRE(errors.size() == 2);
  CHECK(errors[0].group == "g");
  CHECK(errors[0].rows == 2);
  CHECK(errors[0].median_absolute == Approx((0.03 + 0.2) / 2));
  CHECK(errors[0].outside == 1);
}

TEST_CASE("tasks run in processes of their own, and what they throw or die of is their result") {
  std::vector<TaskResult> results(6);
  const auto work = [](std::size_t i) -> std::string {
    if (i == 2) throw std::runtime_error("no such luck");
    if (i == 4) ::abort();
    return std::string(200'000, static_cast<char>('a' + i));
  };
  const auto done = [&](std::size_t i, TaskResult result) { results[i] = std::move(result); };
  REQUIRE(run_in_processes(6, 3, work, done, [] { return false; }));
  CHECK(results[0].ok);
  CHECK(results[5].text == std::string(200'000, 'f'));
  CHECK_FALSE(results[2].ok);
  CHECK(results[2].text == "no such luck");
  CHECK_FALSE(results[4].ok);
  CHECK_THAT(results[4].text, Catch::Contains("signal"));
}

TEST_CASE("a stop is heard between tasks") {
  std::size_t finished = 0;
  const auto done = [&](std::size_t, const TaskResult&) { ++finished; };
  CHECK_FALSE(run_in_processes(
      5, 1, [](std::size_t) { return std::string(); }, done, [&] { return finished >= 2; }));
  CHECK(finished == 2);
}

}  // namespace
}  // namespace cleave
