#pragma once
// Where single records go as they happen. The recorder forwards to whoever is attached.

#include "sim/metrics/records.h"

namespace cleave {

class RequestSink {
 public:
  virtual ~RequestSink() = default;
  /// Called once for each offered request, in the order in which they end.
  virtual void on_request(const RequestRecord& record) = 0;
};

class DecisionSink {
 public:
  virtual ~DecisionSink() = default;
  /// `record.reason` is static text.
  virtual void on_decision(const DecisionRecord& record) = 0;
};

}  // namespace cleave
