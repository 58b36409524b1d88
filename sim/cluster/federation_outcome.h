#pragma once
// What regions and the choice between them amount to in a run.

#include <cstdint>
#include <string>
#include <vector>

#include "models/units/units.h"

namespace cleave {

struct FederationCounters {
  std::uint64_t routed_home = 0;  // prompts computed in their client's region
  std::uint64_t routed_away = 0;
  std::uint64_t questions = 0;          // of prompts that asked a directory
  std::uint64_t question_messages = 0;  // there and back
  std::uint64_t fetches = 0;            // prefixes asked for
  std::uint64_t fetches_across = 0;     // of those, from another region
  std::uint64_t fetches_refused = 0;    // the holder had no more than the asker
  std::uint64_t fetches_without_room = 0;
  std::int64_t fetched_tokens = 0;
  std::int64_t fetched_across_tokens = 0;
  std::uint64_t computed_local = 0;  // decisions of a disaggregation policy
  std::uint64_t computed_remote = 0;
  double threshold_sum = 0;  // over those decisions
  double threshold_max = 0;
};

/// One direction of a wide-area link.
struct WanLinkOutcome {
  std::string from;
  std::string to;
  std::uint64_t flows = 0;
  double bytes = 0;  // that the link carried
  double peak_utilisation = 0;
};

struct FederationOutcome {
  bool has_regions = false;
  bool has_sides = false;  // a disaggregation policy decided
  FederationCounters counters;
  std::uint64_t directory_bytes = 0;
  std::vector<WanLinkOutcome> links;
};

}  // namespace cleave
