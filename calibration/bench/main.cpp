#include <map>
#include <memory>

#include "calibration/bench/grid/grids.h"
#include "calibration/bench/harness/run.h"
#include "calibration/bench/probes/probes.h"

namespace cleave::bench {
namespace {

using Measure = Outcome (*)(const Point&, const StoppingRule&, Bench&);
using Check = std::vector<CheckResult> (*)(Bench&);

struct Implementation {
  Measure measure;
  Check check;  // null where the kernels are a library's
};

const std::map<std::string, Implementation>& implementations() {
  static const std::map<std::string, Implementation> table = {
      {"launch", {measure_launch, nullptr}},
      {"gemm", {measure_gemm, nullptr}},
      {"decode_attention", {measure_decode_attention, check_decode_attention}},
      {"prefill_attention", {measure_prefill_attention, check_prefill_attention}},
      {"decode_mla", {measure_decode_mla, check_decode_mla}},
      {"moe", {measure_moe, check_moe}},
      {"step", {measure_step, nullptr}},
      {"elementwise", {measure_elementwise, check_elementwise}},
      {"kv_blocks", {measure_kv_blocks, check_kv_blocks}},
      {"copies", {measure_copies, nullptr}},
  };
  return table;
}

/// The device is opened by the suite, after the command line was read: --list needs none.
Probe probe_of(const ProbeSpec& spec, const Implementation& code,
               const std::shared_ptr<std::unique_ptr<Bench>>& bench) {
  Probe probe;
  probe.spec = spec;
  probe.measure = [code, bench](const Point& point, const StoppingRule& rule) -> Outcome {
    (*bench)->reset();
    try {
      return code.measure(point, rule, **bench);
    } catch (const Unsupported& error) {
      return Skipped{error.what()};
    }
  };
  if (code.check != nullptr) {
    probe.check = [code, bench] {
      (*bench)->reset();
      return code.check(**bench);
    };
  }
  return probe;
}

Suite cuda_suite() {
  const auto bench = std::make_shared<std::unique_ptr<Bench>>();
  Suite suite;
  suite.name = "cleave_bench_cuda";
  suite.summary = "Measures one CUDA device for cleave: tidy CSV files and meta.json. Resumes where it stopped.";
  for (const ProbeSpec& spec : cuda_specs()) {
    suite.probes.push_back(probe_of(spec, implementations().at(spec.name), bench));
  }
  suite.open = [bench] {
    *bench = std::make_unique<Bench>();
    return (*bench)->describe();
  };
  return suite;
}

}  // namespace
}  // namespace cleave::bench

int main(int argc, char** argv) {
  return cleave::bench::bench_main(argc, argv, cleave::bench::cuda_suite());
}
