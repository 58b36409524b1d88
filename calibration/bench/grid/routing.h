#pragma once
// Which experts the tokens of a step go to.

#include <cstddef>
#include <string>
#include <vector>

namespace cleave::bench {

/// Tokens sorted by expert. All vectors of rows have tokens * top_k entries.
struct Routing {
  /// Rows of each expert, in the sorted order.
  std::vector<int> rows_of_expert;
  /// Token of each sorted row.
  std::vector<int> source;
  /// Sorted row of each (token, j).
  std::vector<int> place;
};

/// `distribution`: "balanced" deals experts in turn; "power_law_A" draws them, distinct for a token, with weights
/// rank^-A. The same every time. SIM_CHECK: top_k <= experts, a known distribution.
[[nodiscard]] Routing route_tokens(std::size_t tokens, std::size_t experts, std::size_t top_k,
                                   const std::string& distribution);

}  // namespace cleave::bench
