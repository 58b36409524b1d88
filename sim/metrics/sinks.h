#pragma once
// Where single records go as they happen. The recorder forwards to whoever is attached.

#include <cstdint>

#include "models/units/units.h"
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

class TokenSink {
 public:
  virtual ~TokenSink() = default;
  /// `count` tokens came at `at`, each after another one of its request: all but the first tokens.
  virtual void on_tokens(std::int64_t count, TimePoint at) = 0;
};

}  // namespace cleave
