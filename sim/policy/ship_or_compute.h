#pragma once
// What it costs to get a prompt's prefix where it is needed, one way or another. Pure arithmetic.

#include <algorithm>
#include <optional>

#include "models/units/units.h"

namespace cleave {

/// One way to serve a prompt, as times.
struct PrefixPlan {
  Duration travel{};              // of the request there, and of the answer back
  Duration queue{};               // until the replica could begin
  Duration ship{};                // of KV from elsewhere; passes while the request would queue anyway
  Duration compute{};             // of what is not cached and not shipped
  Tokens prefix;                  // that need not be computed
  std::optional<ReplicaId> from;  // who ships

  /// Until the first token is at the client.
  [[nodiscard]] Duration total() const { return travel + std::max(queue, ship) + compute; }
};

}  // namespace cleave
