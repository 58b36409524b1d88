#include "calibration/bench/device/transformer.h"
#include "calibration/bench/probes/probes.h"

namespace cleave::bench {

Outcome measure_step(const Point& point, const StoppingRule& rule, Bench& bench) {
  StepShape shape;
  shape.model = catalogue_shape(point.text("model"));
  shape.layers = point.size("layers");
  shape.requests = point.size("num_requests");
  shape.tokens_per_request = point.size("tokens_per_request");
  shape.kv_tokens = point.size("kv_tokens");
  const Transformer step(shape, bench);
  Work work;
  work.launch = [&](int, cudaStream_t stream) { step.launch(stream); };
  return bench.time(work, rule);
}

}  // namespace cleave::bench
