// cleave sweep --on slurm, on a real Slurm of one machine. Needs slurm-wlm, munge and root; else the test says so.

#include <unistd.h>

#include <iostream>

#include "tests/smoke/process.h"

namespace cleave {
namespace {

using Catch::Contains;

bool has(const char* program) {
  return std::system((std::string("command -v ") + program + " >/dev/null 2>&1").c_str()) == 0;
}

/// A cluster of this machine for one test.
class Cluster {
 public:
  explicit Cluster(const std::filesystem::path& folder) : folder_(folder) {
    started_ = command("start") == 0;
    if (started_) ::setenv("SLURM_CONF", (folder_ / "slurm.conf").c_str(), 1);
  }
  ~Cluster() { (void)command("stop"); }
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;
  [[nodiscard]] bool started() const { return started_; }

 private:
  [[nodiscard]] int command(const std::string& what) const {
    return std::system((CLEAVE_SOURCE_DIR "/tests/fixtures/slurm/cluster.sh " + what + " " + folder_.string()).c_str());
  }
  std::filesystem::path folder_;
  bool started_ = false;
};

TEST_CASE("a job array of a real Slurm gives the bytes of a run on this machine") {
  if (::geteuid() != 0 || !has("slurmctld") || !has("slurmd") || !has("sbatch") || !has("munged")) {
    std::cout << "SKIPPED: no Slurm here; install slurm-wlm and munge, and run as root\n";
    return;
  }
  const Scratch scratch;
  write_file(scratch.path() / "base.yaml",
             "pools: [{name: all}]\n"
             "workload: {classes: [{traffic: {type: synthetic, input: 100, output: 5, requests: 10}}]}\n");
  write_file(scratch.path() / "study.yaml",
             "scenario: base.yaml\n"
             "axes: [{type: grid, over: {pools.all.replicas: [1, 2, 3]}}]\n"
             "replicates: 3\n");
  const Cluster cluster(scratch.path() / "cluster");
  REQUIRE(cluster.started());
  const Answer array =
      cleave_in(scratch.path(), {"sweep", "study.yaml", "--on", "slurm", "--tasks", "4", "--out", "array.db"});
  INFO(array.out << array.err);
  REQUIRE(array.code == 0);
  CHECK_THAT(array.err, Contains("job array") && Contains("of 4 tasks"));
  REQUIRE(cleave_in(scratch.path(), {"sweep", "study.yaml", "--out", "serial.db", "--quiet"}).code == 0);
  CHECK(cleave_in(scratch.path(), {"sweep", "export", "array.db"}).out ==
        cleave_in(scratch.path(), {"sweep", "export", "serial.db"}).out);
  const Answer refused = cleave_in(
      scratch.path(), {"sweep", "study.yaml", "--on", "slurm", "--sbatch=--partition=none", "--out", "other.db"});
  CHECK(refused.code == 2);
  CHECK_THAT(refused.err, Contains("sbatch refused"));
}

}  // namespace
}  // namespace cleave
