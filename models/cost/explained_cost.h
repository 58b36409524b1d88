#pragma once
// A cost model that can say what a step's time is made of.

#include <string>
#include <vector>

#include "models/cost/operation_price.h"
#include "models/cost/step_cost.h"

namespace cleave {

/// One row of a step: an operation with all its executions, or an overhead.
struct PricedOperation {
  std::string name;
  std::string kind;
  std::string shape;  // of one execution, for people
  double count = 1;
  double flops = 0;  // of all executions, as are the next two and the time
  double bytes = 0;
  double kv_bytes = 0;
  double seconds = 0;
  PriceSource source = PriceSource::generic;
  double error = 0;  // mean relative error of such prices; 0: not known
  Confidence confidence = Confidence::assumed;
};

struct StepBreakdown {
  std::vector<PricedOperation> rows;

  /// What `step` charges, up to the rounding to a nanosecond.
  [[nodiscard]] double total() const {
    double sum = 0;
    for (const PricedOperation& row : rows) sum += row.seconds;
    return sum;
  }
};

class ExplainedCost : public StepCostModel {
 public:
  /// Errors: none. Empty for an empty batch.
  [[nodiscard]] virtual StepBreakdown explain(const BatchShape& batch) const = 0;
};

}  // namespace cleave
