#pragma once
// The admission seam: whether a request is served at all, decided at its arrival.

#include <optional>
#include <string_view>

#include "sim/policy/route.h"

namespace cleave {

/// Whether the request is admitted. One that is not is held back, and asked for again when prompts have been computed; or it
/// ends as `rejected` (HTTP 429). `reason` is a short static text.
struct AdmissionDecision {
  bool admit = true;
  std::string_view reason;
  bool hold = false;
};

/// Who would compute the prompt; and who would decode it elsewhere, if anybody.
struct ServingView {
  ClusterView prefill;
  std::optional<ClusterView> decode;
};

/// Decides on each arriving request. It sees the replicas that would serve it, with the router's own signals.
class AdmissionPolicy {
 public:
  virtual ~AdmissionPolicy() = default;
  virtual AdmissionDecision admit(const RequestView& request, const ServingView& serving) = 0;
  /// Asked again when the prompt was computed and is to be decoded elsewhere: false rejects it after all.
  virtual bool keep(const RequestView&, const ClusterView&) { return true; }
};

}  // namespace cleave
