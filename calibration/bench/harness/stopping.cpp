#include "calibration/bench/harness/stopping.h"

namespace cleave::bench {

void Sampler::add(double milliseconds, double spent_seconds) {
  values_.push_back(milliseconds);
  spent_ += spent_seconds;
}

bool Sampler::done() const {
  if (values_.size() < rule_.min_repeats) return false;
  if (values_.size() >= rule_.max_repeats || spent_ >= rule_.max_seconds) return true;
  return estimate().relative_error() <= rule_.relative_error;
}

}  // namespace cleave::bench
