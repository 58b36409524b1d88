#include "calibration/fit/tables.h"

#include <catch2/catch.hpp>

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <set>
#include <sstream>

#include "models/units/error.h"
#include "tests/unit/fit/devices.h"

namespace cleave::fit {
namespace {

using Catch::Contains;

TEST_CASE("a folder's name finds its catalogue entry") {
  const DeviceSpec any;
  const DeviceTable table{{"a100-40-sxm", &any}, {"a100-80-sxm", &any}, {"b200-sxm", &any}, {"gb200-nvl72", &any},
                          {"h100-sxm", &any},    {"l4", &any},          {"l40s", &any},     {"rtx-pro-6000", &any}};
  for (const char* known :
       {"a100_sxm", "b200_sxm", "gb200", "gb200_sxm", "h100_sxm", "H100_SXM", "l40s", "rtx_pro_6000_server", "h100"}) {
    CAPTURE(known);
    CHECK(device_of_folder(known, table) != nullptr);
  }
  for (const char* unknown : {"apex_comm", "vidur_a100", "h", "b300_sxm", "frontier_h800", "x"}) {
    CAPTURE(unknown);
    CHECK(device_of_folder(unknown, table) == nullptr);
  }
}

TEST_CASE("tables of an accelerator that the catalogue lacks are refused with the nearest name") {
  const auto folder =
      std::filesystem::temp_directory_path() / fmt::format("cleave-fit-unknown-device-test-{}", ::getpid());
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  std::filesystem::copy(fixtures() + "/h100_sxm", folder / "x100_sxm");
  CHECK_THROWS_WITH(evaluate_folder(folder, {fixture_devices(), {}, nullptr, {}}, {{"nccl"}, 100}),
                    Contains("x100_sxm") && Contains("nearest name is `h100-sxm`"));
  std::filesystem::remove_all(folder);
}

TEST_CASE("all tables of a folder are found, by family and device") {
  std::set<std::string> found;
  for (const TableFiles& table : find_tables(fixtures())) {
    found.insert(std::string(table.family->name) + "/" + table.device);
  }
  CHECK(found.contains("gemm_bf16/h100_sxm"));
  CHECK(found.contains("gemm_fp8/b200_sxm"));
  CHECK(found.contains("moe/h100_sxm"));
  CHECK(found.contains("kv_transfer/kv_transfer"));
  CHECK(found.size() == 15);
}

/// Reads the h100 GEMM table of the fixtures after `damage` was done to its lines.
std::string refusal(const std::function<void(std::vector<std::string>&)>& damage) {
  std::ifstream in(fixtures() + "/h100_sxm/gemm_perf__synthetic.csv");
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  damage(lines);
  const auto file = std::filesystem::temp_directory_path() / fmt::format("cleave-fit-tables-test-{}.csv", ::getpid());
  std::ofstream out(file);
  for (const std::string& line : lines) out << line << '\n';
  out.close();
  std::string said = "accepted";
  try {
    (void)read_tables({find_family("gemm_bf16"), "h100_sxm", {file.string()}}, *fixture_devices().at("h100-sxm"));
  } catch (const ConfigError& error) {
    said = error.what();
  }
  std::filesystem::remove(file);
  return said;
}

/// Multiplies the last cell.
std::string scaled(const std::string& line, double factor) {
  const std::size_t comma = line.rfind(',');
  std::ostringstream out;
  out << line.substr(0, comma + 1) << std::stod(line.substr(comma + 1)) * factor;
  return out.str();
}

TEST_CASE("an undamaged table is accepted") {
  CHECK(refusal([](auto&) {}) == "accepted");
}

TEST_CASE("a slip of units by a thousand is refused, in one row or in all") {
  CHECK_THAT(refusal([](auto& lines) { lines[100] = scaled(lines[100], 1000); }),
             Contains(".csv:101") && Contains("slip of units"));
  CHECK_THAT(refusal([](auto& lines) { lines[100] = scaled(lines[100], 0.001); }),
             Contains(".csv:101") && Contains("slip of units"));
  const auto all = [](double factor) {
    return [factor](std::vector<std::string>& lines) {
      for (std::size_t i = 1; i < lines.size(); ++i) lines[i] = scaled(lines[i], factor);
    };
  };
  CHECK_THAT(refusal(all(1000)), Contains("other units"));
  CHECK_THAT(refusal(all(0.001)), Contains("other units"));
}

TEST_CASE("a missing column, a negative time and a time that is no number are refused with their line") {
  CHECK_THAT(refusal([](auto& lines) { lines[0].replace(lines[0].find("latency"), 7, "delay"); }),
             Contains(".csv:1") && Contains("no column `latency`"));
  CHECK_THAT(refusal([](auto& lines) { lines[7] = scaled(lines[7], -1); }), Contains(".csv:8") && Contains("above 0"));
  CHECK_THAT(refusal([](auto& lines) { lines[7].replace(lines[7].rfind(','), 99, ",nan"); }),
             Contains(".csv:8") && Contains("finite"));
}

TEST_CASE("decode tables whose cache was flushed are read as cold, others as warm") {
  const std::string header = "kernel_source,batch_size,isl,num_heads,num_key_value_heads,step,latency";
  const auto warm = [](const std::string& text) {
    Dataset data;
    RowSink sink(data, 0);
    CsvTable table("t.csv", text);
    find_family("decode_attention")->read(table, sink);
    return data.samples.at(0).axis[7];
  };
  CHECK(warm(header + "\nfa,8,1,32,8,1023,0.02\n") == 1);
  CHECK(warm(header + ",cache\nfa,8,1,32,8,1023,0.02,cold\n") == 0);
}

TEST_CASE("products whose cache was flushed use weights once, others go through six layers in turn") {
  const std::string header = "kernel_source,gemm_dtype,m,n,k,latency";
  const auto in_turn = [](const std::string& text) {
    Dataset data;
    RowSink sink(data, 0);
    CsvTable table("t.csv", text);
    find_family("gemm_bf16")->read(table, sink);
    return data.samples.at(0).axis[4];
  };
  CHECK(in_turn(header + "\ntorch,bfloat16,8,4096,4096,0.02\n") == 6);
  CHECK(in_turn(header + ",cache\ntorch,bfloat16,8,4096,4096,0.02,cold\n") == 0);
}

TEST_CASE("repeated measurements of one point are averaged") {
  const Dataset once =
      read_tables({find_family("gemm_bf16"), "h100_sxm", {fixtures() + "/h100_sxm/gemm_perf__synthetic.csv"}},
                  *fixture_devices().at("h100-sxm"));
  const std::string file = fixtures() + "/h100_sxm/gemm_perf__synthetic.csv";
  const Dataset twice =
      read_tables({find_family("gemm_bf16"), "h100_sxm", {file, file}}, *fixture_devices().at("h100-sxm"));
  REQUIRE(once.samples.size() == twice.samples.size());
  CHECK(once.samples[17].seconds == Approx(twice.samples[17].seconds));
}

}  // namespace
}  // namespace cleave::fit
