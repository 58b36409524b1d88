#include "calibration/bench/harness/run.h"
#include "calibration/host/host_probes.h"

int main(int argc, char** argv) {
  cleave::bench::Suite suite;
  suite.name = "cleave_bench_host";
  suite.summary = "Measures this machine's memory, files and loopback for cleave. Resumes where it stopped.";
  suite.probes = {cleave::bench::memory_probe(), cleave::bench::file_probe(), cleave::bench::loopback_probe()};
  suite.open = cleave::bench::describe_host;
  return cleave::bench::bench_main(argc, argv, std::move(suite));
}
