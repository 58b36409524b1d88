#pragma once
// What a control plane knows by measuring beforehand, and by counting what it sends.

#include <cstdint>
#include <optional>

#include "models/units/region.h"
#include "models/units/units.h"

namespace cleave {

/// One direction of a wide-area link, as its sender sees it.
struct WanLoad {
  double utilisation = 0;  // mean over the last report interval, 0 ... 1
  Duration backlog{};      // what is under way now would take so long alone
};

/// Times of things that nobody else delays. None of it knows the future: a length of an answer, an arrival.
class ServiceEstimates {
 public:
  virtual ~ServiceEstimates() = default;

  /// A replica computes `tokens` of a prompt behind `context`, alone.
  [[nodiscard]] virtual Duration prefill(ReplicaId replica, Tokens tokens, Tokens context) const = 0;
  /// A replica works off so many queued prompt tokens, of whatever prompts.
  [[nodiscard]] virtual Duration backlog(ReplicaId replica, Tokens pending) const = 0;
  /// One decode step of so many sequences that hold so many blocks together.
  [[nodiscard]] virtual Duration decode_step(ReplicaId replica, std::int64_t sequences,
                                             std::int64_t kv_blocks) const = 0;
  /// Prefix of `tokens` tokens from one replica to another, sharing what it crosses with what is under way now;
  /// nullopt: they keep KV under different names.
  [[nodiscard]] virtual std::optional<Duration> ship(ReplicaId from, ReplicaId to, Tokens tokens) const = 0;
  [[nodiscard]] virtual Duration rtt(RegionId a, RegionId b) const = 0;
  [[nodiscard]] virtual WanLoad wan(RegionId from, RegionId to) const = 0;
};

}  // namespace cleave
