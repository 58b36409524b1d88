#include "sim/report/run_folder.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <set>
#include <string>

#include "models/units/error.h"
#include "sim/report/manifest_json.h"
#include "sim/report/output_file.h"
#include "sim/report/requests_csv.h"
#include "sim/report/run_files.h"
#include "tests/unit/report/sample_run.h"
#include "tests/unit/report/temporary_folder.h"

namespace cleave {
namespace {

namespace fs = std::filesystem;
using fixture::read_text;
using fixture::TemporaryFolder;

std::set<std::string> names_in(const fs::path& folder) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.insert(entry.path().filename().string());
  return names;
}

void write_run(const fs::path& target, const std::string& mark) {
  RunFolder folder(target);
  write_file(folder.file("manifest.json"), manifest_json({}, {}));
  write_file(folder.file("mark"), mark);
  folder.commit();
}

void write_sample(const fs::path& target) {
  RunFolder folder(target);
  const std::vector<ClassInfo> classes{{"chat", {}}, {"agents & tools", {}}};
  RequestsCsv csv(folder.file("requests.csv"), classes);
  const auto run = fixture::sample_run(&csv, 300);
  csv.close();
  write_run_files(folder, run.facts, run.recorder->results(), *run.recorder);
  folder.commit();
}

TEST_CASE("a folder appears whole, at the commit") {
  TemporaryFolder place;
  {
    RunFolder folder(place / "run");
    write_file(folder.file("summary.json"), "{}");
    CHECK_FALSE(fs::exists(place / "run"));
    folder.commit();
    CHECK(read_text(place / "run/summary.json") == "{}");
  }
  CHECK(names_in(place.path()) == std::set<std::string>{"run"});
}

TEST_CASE("without a commit nothing remains, not even the parents that were made") {
  TemporaryFolder place;
  {
    RunFolder folder(place / "runs/deep/run");
    write_file(folder.file("summary.json"), "{}");
  }
  CHECK(names_in(place.path()).empty());
}

TEST_CASE("parents that something else uses by now are left") {
  TemporaryFolder place;
  {
    RunFolder folder(place / "runs/one");
    fs::create_directory(place / "runs/other");
  }
  CHECK(names_in(place / "runs") == std::set<std::string>{"other"});
}

TEST_CASE("an earlier run of the same name is replaced whole") {
  TemporaryFolder place;
  write_run(place / "run", "first");
  write_file(place / "run/extra", "left by the first");
  write_run(place / "run", "second");
  CHECK(read_text(place / "run/mark") == "second");
  CHECK_FALSE(fs::exists(place / "run/extra"));
  CHECK(names_in(place.path()) == std::set<std::string>{"run"});
}

TEST_CASE("an earlier run stays when the new one is not committed") {
  TemporaryFolder place;
  write_run(place / "run", "first");
  { RunFolder folder(place / "run"); }
  CHECK(read_text(place / "run/mark") == "first");
}

TEST_CASE("what is not the folder of a run is refused and left alone") {
  TemporaryFolder place;
  fs::create_directory(place / "thesis");
  write_file(place / "thesis/chapter1", "years of work");
  write_file(place / "file", "text");
  fs::create_directory(place / "other");
  write_file(place / "other/manifest.json", R"({"kind": "something else"})");
  fs::create_directory_symlink(place / "thesis", place / "link");
  for (const char* name : {"thesis", "file", "other", "link", "thesis/"}) {
    INFO(name);
    CHECK_THROWS_AS(RunFolder(place / name), ConfigError);
  }
  CHECK_THROWS_AS(RunFolder(""), ConfigError);
  CHECK_THROWS_AS(RunFolder("/"), ConfigError);
  CHECK(read_text(place / "thesis/chapter1") == "years of work");
  CHECK(names_in(place.path()) == std::set<std::string>{"thesis", "file", "other", "link"});
}

TEST_CASE("a folder that cannot be made is a clear error") {
  TemporaryFolder place;
  write_file(place / "file", "text");
  CHECK_THROWS_WITH(RunFolder(place / "file/run"), Catch::Contains("file/run") && Catch::Contains("cannot be made"));
}

TEST_CASE("an empty folder and a trailing slash are accepted") {
  TemporaryFolder place;
  fs::create_directory(place / "run");
  write_run(place / "run/", "here");
  CHECK(read_text(place / "run/mark") == "here");
}

TEST_CASE("two runs with the same inputs write the same bytes into every file") {
  TemporaryFolder place;
  write_sample(place / "a");
  write_sample(place / "b");
  const std::set<std::string> expected{"manifest.json", "report.html",  "requests.csv",
                                       "scenario.yaml", "summary.json", "timeseries.csv"};
  CHECK(names_in(place / "a") == expected);
  for (const auto& name : expected) {
    INFO(name);
    const auto text = read_text(place / ("a/" + name));
    CHECK_FALSE(text.empty());
    CHECK(text == read_text(place / ("b/" + name)));
  }
  const auto manifest = read_text(place / "a/manifest.json");
  std::size_t after = 0;  // the files are listed in order of their names
  for (const char* name : {"report.html", "requests.csv", "scenario.yaml", "summary.json", "timeseries.csv"}) {
    INFO(name);
    const auto at = manifest.find("\"" + std::string(name) + "\"");
    REQUIRE(at != std::string::npos);
    CHECK(at > after);
    after = at;
  }
  CHECK(is_run_folder(place / "a"));
}

}  // namespace
}  // namespace cleave
