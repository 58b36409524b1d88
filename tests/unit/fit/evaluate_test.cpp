#include "calibration/fit/evaluate.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <set>

#include "calibration/fit/report/results_json.h"
#include "calibration/fit/split.h"
#include "calibration/fit/transfer.h"
#include "tests/unit/fit/devices.h"

namespace cleave::fit {
namespace {

TEST_CASE("on tables that follow the forms with a ripple, every region is predicted within that ripple or close") {
  const RunResult result = evaluate_fixtures({});
  for (const char* family : {"gemm_bf16", "decode_attention", "prefill_attention", "moe", "nccl"}) {
    CAPTURE(family);
    CHECK(region(result, family, "on the grid").fitted().mean < 8);
    CHECK(region(result, family, "on the grid").fitted().mean < region(result, family, "on the grid").errors[2].mean);
  }
  CHECK(region(result, "gemm_bf16", "unseen shape").fitted().mean < 8);
  CHECK(region(result, "gemm_bf16", "beyond in m").fitted().mean < 10);
  CHECK(region(result, "decode_attention", "beyond in length").fitted().mean < 10);
  CHECK(region(result, "prefill_attention", "beyond in length").fitted().mean < 10);
  CHECK(region(result, "gemm_bf16", "unseen device").fitted().mean < 10);
  CHECK(region(result, "kv_transfer", "on the grid").fitted().mean < 6);
}

TEST_CASE("beyond the measured range the form carries on where interpolation stays behind") {
  const RunResult result = evaluate_fixtures({"gemm_bf16", "decode_attention"});
  for (const auto& [family, name] :
       {std::pair{"gemm_bf16", "beyond in m"}, std::pair{"decode_attention", "beyond in length"}}) {
    const RegionResult& row = region(result, family, name);
    CAPTURE(family);
    CHECK(row.fitted().mean * 3 < row.errors[static_cast<std::size_t>(Method::interpolation)].mean);
  }
}

TEST_CASE("two evaluations say the same to the last digit") {
  CHECK(results_json(evaluate_fixtures({"gemm_bf16", "nccl"})) ==
        results_json(evaluate_fixtures({"gemm_bf16", "nccl"})));
}

TEST_CASE("no form breaks a law on the fixtures") {
  for (const LawResult& law : evaluate_fixtures({}).laws) {
    CAPTURE(law.family->name, law.law);
    CHECK(law.checked > 0);
    CHECK(law.broken == 0);
  }
}

MeasuredDevice device(const std::string& folder, const std::string& family) {
  for (const TableFiles& table : find_tables(fixtures())) {
    if (table.family->name != family || table.device != folder) continue;
    const DeviceSpec* spec = device_of_folder(folder, fixture_devices());
    return {read_tables(table, *spec), spec};
  }
  throw std::out_of_range(folder);
}

TEST_CASE("what a region holds out is what its name says") {
  const MeasuredDevice h100 = device("h100_sxm", "gemm_bf16");
  const Family& family = *find_family("gemm_bf16");
  for (const Region& each : family.regions) {
    const std::vector<bool> out = held_out(h100.data, each, 0);
    std::set<std::uint64_t> inside;
    double high = 0;
    for (std::size_t i = 0; i < out.size(); ++i) {
      if (out[i]) continue;
      if (each.group != nullptr) inside.insert(each.group(h100.data.samples[i]));
      high = std::max(high, h100.data.samples[i].axis[each.axis]);
    }
    const auto count = static_cast<std::size_t>(std::count(out.begin(), out.end(), true));
    CAPTURE(each.name);
    CHECK((count > 0) == (each.kind != RegionKind::device));
    CHECK(count < out.size() / 2);
    for (std::size_t i = 0; i < out.size(); ++i) {
      if (!out[i]) continue;
      if (each.kind == RegionKind::group) CHECK_FALSE(inside.contains(each.group(h100.data.samples[i])));
      if (each.kind == RegionKind::beyond) CHECK(h100.data.samples[i].axis[each.axis] > high);
    }
  }
}

TEST_CASE("test rows are told apart by what the fit has seen of them") {
  MeasuredDevice known = device("h100_sxm", "gemm_bf16");
  const MeasuredDevice all = known;
  std::erase_if(known.data.samples, [](const Sample& s) { return s.axis[0] > 1024 || s.axis[1] == 2048; });
  const Family& family = *find_family("gemm_bf16");
  std::map<std::string, std::size_t> rows;
  for (const RegionResult& row : evaluate_on(family, {known}, {all, device("b200_sxm", "gemm_bf16")})) {
    if (row.device != "all") rows[row.region] += row.fitted().rows;
  }
  CHECK(rows.at("unseen shape") == 9 * 4);
  CHECK(rows.at("beyond in m") == 2 * 4 * 4);
  CHECK(rows.at("on the grid") == 7 * 4 * 4);
  CHECK(rows.at("unseen device") == 9 * 5 * 4);
}

TEST_CASE("a device without measurements takes after the one whose data sheet is nearest") {
  const MeasuredDevice h100 = device("h100_sxm", "decode_attention");
  const MeasuredDevice b200 = device("b200_sxm", "decode_attention");
  const Family& family = *find_family("decode_attention");
  const FittedDevice near = fit_device(family, h100.data, *h100.spec);
  const FittedDevice far = fit_device(family, b200.data, *b200.spec);
  const DeviceSpec h200 = gpu("h200-sxm", 989e12, 4.8e12, 132, 450e9);
  CHECK(Transfer({&far, &near}, h200).nearest().folder == "h100_sxm");
  CHECK(sheet_distance(h200, h200) == 0);
  // 20 GB of KV: the time follows the bandwidth.
  Sample large;
  large.axis = {64, 65536, 32, 8, 128, 0, 2, 1};
  const KernelVariant& variant = h100.data.variants[0];
  const double at_home = near.predict(near.table.fits()[0], large, rates_of(*h100.spec, Precision::bf16), Method::form);
  const auto moved = Transfer({&near}, h200).predict(large, variant, Method::form);
  REQUIRE(moved);
  CHECK(at_home / *moved == Approx(4.8 / 3.35).epsilon(0.02));
}

}  // namespace
}  // namespace cleave::fit
