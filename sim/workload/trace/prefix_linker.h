#pragma once
// Infers sessions in a trace that names blocks but no sessions.

#include <cstdint>
#include <span>
#include <unordered_map>

namespace cleave {

/// A request continues the session whose latest request's full blocks all begin its own chain; of several, the longest.
/// Chains of one block are not followed: a common head of a few hundred tokens would join strangers. Keeps one entry a
/// session. Ids are chained (an id stands for all blocks before it too), so the last full id names a whole chain.
class PrefixLinker {
 public:
  /// Number of the session that a request with these full blocks belongs to; new sessions count up from 0.
  [[nodiscard]] std::uint64_t session_of(std::span<const std::uint64_t> full_blocks) {
    std::uint64_t session = sessions_;
    bool found = false;
    for (std::size_t length = full_blocks.size(); length >= kShortest && !found; --length) {
      const auto tail = tails_.find(full_blocks[length - 1]);
      if (tail == tails_.end()) continue;
      session = tail->second;
      tails_.erase(tail);
      found = true;
    }
    if (!found) ++sessions_;
    if (full_blocks.size() >= kShortest) tails_[full_blocks.back()] = session;
    return session;
  }

 private:
  static constexpr std::size_t kShortest = 2;
  std::unordered_map<std::uint64_t, std::uint64_t> tails_;  // last full block of a session's latest request
  std::uint64_t sessions_ = 0;
};

}  // namespace cleave
