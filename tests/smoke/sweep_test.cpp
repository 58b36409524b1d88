// cleave sweep and merge, as users meet them: also when things are killed.

#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <random>
#include <thread>

#include "tests/smoke/process.h"

namespace cleave {
namespace {

using Catch::Contains;
namespace fs = std::filesystem;

constexpr const char* kScenario =
    "pools: [{name: all, replicas: 1}]\n"
    "workload: {classes: [{slo: {ttft: 1 s}, traffic: {type: synthetic, input: 100, output: 20, requests: 20,\n"
    "  arrivals: {type: poisson, rate: 10 req/s}}}]}\n";

constexpr const char* kStudy =
    "scenario: base.yaml\n"
    "axes:\n"
    "  - {type: grid, over: {\"workload.classes[0].traffic.arrivals.rate\": [5 req/s, 10 req/s, 20 req/s, 40 req/s, 80 "
    "req/s]}}\n"
    "  - {type: list, points: [{pools.all.replicas: 1}, {pools.all.replicas: 2}]}\n"
    "replicates: 4\n"
    "derived: {tokens_per_request: tokens.output / requests.arrived}\n";

struct Study {
  Scratch scratch;
  explicit Study(const std::string& text = kStudy) {
    write_file(scratch.path() / "base.yaml", kScenario);
    write_file(scratch.path() / "study.yaml", text);
  }
  [[nodiscard]] Answer run(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "sweep");
    return cleave_in(scratch.path(), arguments);
  }
  [[nodiscard]] std::string exported(const std::string& file) const {
    const Answer answer = run({"export", file});
    INFO(answer.err);
    CHECK(answer.code == 0);
    return answer.out;
  }
};

long lines_of(const std::string& text) {
  return std::count(text.begin(), text.end(), '\n');
}

TEST_CASE("a sweep runs every point with every seed, and the same again gives the same bytes") {
  const Study study;
  const Answer answer = study.run({"study.yaml"});
  INFO(answer.err);
  REQUIRE(answer.code == 0);
  CHECK_THAT(answer.out, Contains("40 runs: 0 known, 40 run now") && Contains("runs/study.db"));
  CHECK_THAT(answer.err, Contains("10 points x 4 seeds") && Contains("40 of 40 runs"));
  const std::string table = study.exported("runs/study.db");
  CHECK(lines_of(table) == 41);
  CHECK_THAT(table, Contains("tokens_per_request") && Contains(",done,"));
  REQUIRE(study.run({"study.yaml", "--out", "again.db", "--workers", "5"}).code == 0);
  CHECK(study.exported("again.db") == table);
  const auto json = nlohmann::json::parse(study.run({"export", "again.db", "--format", "json"}).out);
  REQUIRE(json.size() == 40);
  CHECK(json[0]["values"]["tokens_per_request"] == 20);
  CHECK(json[0]["summary"]["requests"]["arrived"] == 20);
}

TEST_CASE("every point has the same seeds, so that points can be paired") {
  const Study study;
  REQUIRE(study.run({"study.yaml"}).code == 0);
  const auto rows = nlohmann::json::parse(study.run({"export", "runs/study.db", "--format", "json"}).out);
  std::map<std::string, std::vector<int>> seeds;
  for (const auto& row : rows) seeds[row["point"]].push_back(row["seed"]);
  CHECK(seeds.size() == 10);
  for (const auto& [point, own] : seeds) CHECK(own == std::vector<int>{1, 2, 3, 4});
}

TEST_CASE("the same command again runs nothing, and a changed point runs alone") {
  const Study study;
  REQUIRE(study.run({"study.yaml"}).code == 0);
  CHECK_THAT(study.run({"study.yaml"}).out, Contains("40 known, 0 run now"));
  std::string changed = kStudy;
  changed.replace(changed.find("80 req/s"), 8, "90 req/s");
  write_file(study.scratch.path() / "study.yaml", changed);
  CHECK_THAT(study.run({"study.yaml"}).out, Contains("40 runs: 32 known, 8 run now"));
  CHECK(lines_of(study.exported("runs/study.db")) == 41);
  write_file(study.scratch.path() / "study.yaml", kStudy);
  CHECK_THAT(study.run({"study.yaml"}).out, Contains("40 known, 0 run now"));
}

TEST_CASE("a trace is known by its content: moved it is the same, changed it runs again") {
  const Study study(
      "scenario: base.yaml\n"
      "axes: [{type: grid, over: {\"workload.classes[0].traffic.path\": [a.csv, b.csv]}}]\n"
      "replicates: 2\n");
  const fs::path folder = study.scratch.path();
  write_file(folder / "base.yaml",
             "pools: [{name: all}]\n"
             "workload: {classes: [{traffic: {type: trace, format: azure, path: a.csv}}]}\n");
  const std::string trace = read_file(fs::path(CLEAVE_SOURCE_DIR) / "tests/fixtures/traces/azure.csv");
  write_file(folder / "a.csv", trace);
  write_file(folder / "b.csv", trace);
  CHECK_THAT(study.run({"study.yaml"}).err, Contains("1 points x 2 seeds, 1 were the same as others"));
  write_file(folder / "b.csv", trace.substr(0, trace.rfind('\n', trace.size() - 2) + 1));  // without its last line
  const Answer changed = study.run({"study.yaml"});
  INFO(changed.err);
  CHECK(changed.code == 0);
  CHECK_THAT(changed.out, Contains("4 runs: 2 known, 2 run now"));
  CHECK_THAT(study.run({"study.yaml"}).out, Contains("4 runs: 4 known, 0 run now"));
}

TEST_CASE("shards put together give the bytes of one run") {
  const Study study;
  REQUIRE(study.run({"study.yaml"}).code == 0);
  std::vector<std::string> merge{"merge", "--out", "merged.db"};
  for (const std::string& i : std::vector<std::string>{"2", "0", "3", "1"}) {
    const Answer answer = study.run({"study.yaml", "--shard", i + "/4", "--out", "part" + i + ".db", "--quiet"});
    INFO(answer.err);
    REQUIRE(answer.code == 0);
    merge.push_back("part" + i + ".db");
  }
  const Answer merged = cleave_in(study.scratch.path(), merge);
  INFO(merged.err);
  CHECK(merged.code == 0);
  CHECK(study.exported("merged.db") == study.exported("runs/study.db"));
  merge.pop_back();
  merge[2] = "lacking.db";
  CHECK(cleave_in(study.scratch.path(), merge).code == 0);  // nothing says that a shard is absent but the count of runs
  CHECK(lines_of(study.exported("lacking.db")) == 31);
  CHECK(study.run({"study.yaml", "--shard", "4/4"}).code == 2);
}

TEST_CASE("bad points are told one by one, and the others run") {
  std::string text = kStudy;
  text.replace(text.find("{pools.all.replicas: 2}"), 23,
               "{pools.al.replicas: 2}, {model: no-such}, {pools.all.hardware: l4, model: llama-3.1-405b}");
  const Study study(text);
  const Answer answer = study.run({"study.yaml"});
  INFO(answer.err);
  CHECK(answer.code == 2);
  CHECK_THAT(answer.err, Contains("5 points cannot run") && Contains("did you mean `all`?") &&
                             Contains("study.yaml:4:") && Contains("no-such") && Contains("15 cannot run"));
  CHECK_THAT(answer.out, Contains("20 run now") && Contains("60 cannot run"));
  CHECK(lines_of(study.exported("runs/study.db")) == 81);
}

TEST_CASE("a condition leaves points out; one that names nothing is an error of its points") {
  const Study study(std::string(kStudy) + "where: [\"workload.classes[0].traffic.arrivals.rate > '10 req/s'\"]\n");
  CHECK_THAT(study.run({"study.yaml", "--plan"}).err, Contains("6 points x 4 seeds, 4 left out by conditions"));
  const Study wrong(std::string(kStudy) + "where: [pools.all.replica > 1]\n");
  const Answer answer = wrong.run({"study.yaml"});
  CHECK(answer.code == 2);
  CHECK_THAT(answer.err, Contains("pools.all.replicas"));
}

TEST_CASE("two sweeps do not write one file at a time") {
  const Study study;
  std::string slow = kStudy;
  slow.replace(slow.find("replicates: 4"), 13, "replicates: 400");
  write_file(study.scratch.path() / "slow.yaml", slow);
  fs::create_directories(study.scratch.path() / "first");
  write_file(study.scratch.path() / "first" / "base.yaml", kScenario);
  const pid_t first =
      start_cleave({"sweep", "../slow.yaml", "--out", "../one.db", "--quiet"}, study.scratch.path() / "first");
  while (!fs::exists(study.scratch.path() / "one.db")) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  const Answer second = study.run({"slow.yaml", "--out", "one.db"});
  CHECK(second.code == 2);
  CHECK_THAT(second.err, Contains("another process is writing"));
  ::kill(first, SIGTERM);
  CHECK(wait_for(first, study.scratch.path() / "first").code == 130);
}

/// The processes of which `parent` is the parent.
std::vector<pid_t> children_of(pid_t parent) {
  std::vector<pid_t> children;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const std::string name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    const std::string stat = read_file(entry.path() / "stat");  // "pid (name) state parent ..."
    const auto after_name = stat.rfind(')');
    if (after_name == std::string::npos) continue;
    std::istringstream rest(stat.substr(after_name + 1));
    std::string state;
    pid_t of = 0;
    if (rest >> state >> of && of == parent) children.push_back(static_cast<pid_t>(std::stol(name)));
  }
  return children;
}

/// Whether a child of this process has ended; it stays to be waited for.
bool ended(pid_t child) {
  siginfo_t info{};
  return ::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == child;
}

TEST_CASE("killed parents and workers lose nothing that was finished, and the end is as if nothing had happened") {
  std::string text = kStudy;
  text.replace(text.find("replicates: 4"), 13, "replicates: 30");
  const Study study(text);
  REQUIRE(study.run({"study.yaml", "--out", "calm.db", "--quiet"}).code == 0);
  std::mt19937 random(7);  // a fixed seed; what it hits still depends on the machine
  int kills = 0;
  for (int round = 0; round < 12; ++round) {
    const pid_t parent = start_cleave({"sweep", "study.yaml", "--out", "killed.db", "--quiet"}, study.scratch.path());
    while (!ended(parent) && children_of(parent).empty()) {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));  // until its first runs begin
    }
    for (auto hit = 1 + random() % 6; hit > 0; --hit) {
      std::this_thread::sleep_for(std::chrono::microseconds(random() % 20'000));
      const auto children = children_of(parent);
      if (!children.empty() && ::kill(children[random() % children.size()], SIGKILL) == 0) ++kills;
    }
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 60'000));
    ::kill(parent, SIGKILL);
    (void)wait_for(parent, study.scratch.path());
  }
  CHECK(kills > 0);
  const Answer last = study.run({"study.yaml", "--out", "killed.db", "--quiet"});
  INFO(last.out << last.err);
  CHECK(last.code == 0);
  CHECK(study.exported("killed.db") == study.exported("calm.db"));
}

TEST_CASE("Ctrl-C ends a sweep, keeps what was finished, and the same command goes on") {
  std::string text = kStudy;
  text.replace(text.find("replicates: 4"), 13, "replicates: 60");
  const Study study(text);
  const pid_t sweep = start_cleave({"sweep", "study.yaml"}, study.scratch.path());
  while (!fs::exists(study.scratch.path() / "runs" / "study.db"))
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  ::kill(sweep, SIGINT);
  const Answer stopped = wait_for(sweep, study.scratch.path());
  INFO(stopped.out << stopped.err);
  CHECK(stopped.code == 130);
  CHECK_THAT(stopped.out, Contains("unfinished") && !Contains(" 0 run now"));
  const Answer rest = study.run({"study.yaml", "--quiet"});
  CHECK(rest.code == 0);
  CHECK_THAT(rest.out, !Contains(" 0 known") && Contains(", 0 unfinished"));
}

}  // namespace
}  // namespace cleave
