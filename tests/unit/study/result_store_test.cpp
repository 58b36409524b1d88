// The file of results.

#include "sim/study/store/result_store.h"

#include <unistd.h>
#include <catch2/catch.hpp>

#include "models/units/error.h"
#include "sim/study/store/export.h"

namespace cleave {
namespace {

namespace fs = std::filesystem;
using Catch::Contains;

struct Folder {
  fs::path path = fs::temp_directory_path() / ("cleave-store-" + std::to_string(::getpid()));
  Folder() { fs::create_directories(path); }
  ~Folder() { fs::remove_all(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
};

constexpr const char* kStudy = "scenario: s.yaml\ncolumns: [x]\nderived: {twice: 2 * x}\n";
const std::vector<PointRow> kPoints{{"aa", R"({"n":1})", "{}"}, {"bb", R"({"n":2,"m":"p, q"})", "{}"}};
const std::vector<RunKey> kRuns{{"aa", 1}, {"aa", 2}, {"bb", 1}, {"bb", 2}};

RunRow done(RunKey key, double x) {
  return {std::move(key), RunStatus::done, "{\"x\":" + std::to_string(x) + "}", "", 0};
}

TEST_CASE("an export has one row a wanted run, ordered by point and seed, in whatever order they were added") {
  const Folder folder;
  std::string first;
  for (const bool reversed : {false, true}) {
    ResultStore store(folder.path / (reversed ? "r.db" : "f.db"), StoreMode::local);
    store.begin(kStudy, "p", kPoints, kRuns);
    std::vector<RunRow> rows{
        done(kRuns[0], 0.5), done(kRuns[2], 2.0), {kRuns[3], RunStatus::failed, "", "why, \"so\"", 0}};
    if (reversed) std::reverse(rows.begin(), rows.end());
    for (const RunRow& row : rows) store.add(row);
    const std::string text = export_csv(store);
    if (first.empty()) first = text;
    CHECK(text == first);
  }
  CHECK(first ==
        "point,seed,status,m,n,x,twice,error\n"
        "aa,1,done,,1,0.5,1,\n"
        "aa,2,unfinished,,1,,,\n"
        "bb,1,done,\"p, q\",2,2,4,\n"
        "bb,2,failed,\"p, q\",2,,,\"why, \"\"so\"\"\"\n");
}

TEST_CASE("a column that no summary has is an error that names the nearest") {
  const Folder folder;
  ResultStore store(folder.path / "s.db", StoreMode::local);
  store.begin("scenario: s.yaml\ncolumns: [ttft_s.p98]\n", "p", kPoints, kRuns);
  store.add({kRuns[0], RunStatus::done, R"({"ttft_s":{"p99":1.0}})", "", 0});
  CHECK_THROWS_WITH(export_csv(store), Contains("ttft_s.p98") && Contains("did you mean `ttft_s.p99`?"));
}

TEST_CASE("what is settled need not run again, what was killed must") {
  const Folder folder;
  const fs::path file = folder.path / "s.db";
  {
    ResultStore store(file, StoreMode::local);
    store.begin(kStudy, "p", kPoints, kRuns);
    store.add(done(kRuns[0], 1));
    store.add({kRuns[1], RunStatus::invalid, "", "bad", 0});
    store.add({kRuns[2], RunStatus::killed, "", "signal 9", 0});
  }
  ResultStore store(file, StoreMode::local);
  store.begin(kStudy, "p", kPoints, kRuns);
  CHECK(store.settled() == std::set<RunKey>{kRuns[0], kRuns[1]});
  store.begin(kStudy, "another build", kPoints, kRuns);
  CHECK(store.settled().empty());
  store.begin(kStudy, "p", kPoints, {kRuns[0], kRuns[3]});
  CHECK(store.settled() == std::set<RunKey>{kRuns[0]});
}

TEST_CASE("shards put together are what one file would have been") {
  const Folder folder;
  std::vector<fs::path> parts;
  ResultStore whole(folder.path / "whole.db", StoreMode::local);
  whole.begin(kStudy, "p", kPoints, kRuns);
  for (std::size_t i = 0; i < 2; ++i) {
    parts.push_back(folder.path / ("part" + std::to_string(i)));
    ResultStore part(parts.back(), StoreMode::shared_disk);
    part.begin(kStudy, "p", kPoints, {kRuns[i], kRuns[i + 2]});
    for (const std::size_t r : {i, i + 2}) {
      part.add(done(kRuns[r], static_cast<double>(r)));
      whole.add(done(kRuns[r], static_cast<double>(r)));
    }
    part.sync();
  }
  ResultStore merged(folder.path / "merged.db", StoreMode::shared_disk);
  merged.take_over(parts[1]);
  merged.take_over(parts[0]);
  CHECK(export_csv(merged) == export_csv(whole));
  CHECK(export_json(merged) == export_json(whole));
  ResultStore other(folder.path / "other.db", StoreMode::local);
  other.begin(kStudy, "another build", kPoints, kRuns);
  CHECK_THROWS_WITH(merged.take_over(folder.path / "other.db"), Contains("another build"));
}

TEST_CASE("what is no store is refused in plain words") {
  const Folder folder;
  CHECK_THROWS_WITH(ResultStore(folder.path / "absent.db", StoreMode::read), Contains("no such file"));
}

}  // namespace
}  // namespace cleave
