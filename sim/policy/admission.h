#pragma once
// The admission seam: whether a request is served at all, decided once, at its arrival.

#include <string_view>

#include "sim/policy/route.h"

namespace cleave {

/// Whether the request is admitted; a refused one ends as `rejected` (HTTP 429). `reason` is a short static text.
struct AdmissionDecision {
  bool admit = true;
  std::string_view reason;
};

/// Decides on each arriving request. It sees the pool that would serve it, with the router's own signals.
class AdmissionPolicy {
 public:
  virtual ~AdmissionPolicy() = default;
  virtual AdmissionDecision admit(const RequestView& request, const ClusterView& cluster) = 0;
};

}  // namespace cleave
