#pragma once
// The disaggregation seam: whether a prompt is computed where it will be decoded, or apart from there.

#include <optional>
#include <string_view>

#include "sim/policy/route.h"

namespace cleave {

/// The two sides a prompt can be computed on; both have candidates. `local`: the replica that will decode, or the
/// replicas of the client's region. `remote`: prefill replicas that are apart from there.
struct DisaggregationView {
  const ClusterView& local;
  const ClusterView& remote;
};

/// `score` is the length that was compared; `threshold` what it was compared with. With `copy_prefix` the longest
/// prefix that anybody is believed to have is shipped to whoever computes.
struct DisaggregationDecision {
  bool remote = false;
  std::string_view reason;
  double score = 0;
  double threshold = 0;
  bool copy_prefix = false;
};

class DisaggregationPolicy {
 public:
  virtual ~DisaggregationPolicy() = default;
  virtual DisaggregationDecision decide(const RequestView& request, const DisaggregationView& sides) = 0;
};

/// Tokens of the longest prefix that a candidate is believed to have.
[[nodiscard]] Tokens longest_match(const ClusterView& cluster);

}  // namespace cleave
