#pragma once
// An eviction policy chosen at run time: what a tier's store has in place of a template parameter.

#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "sim/kv/eviction/access.h"
#include "sim/kv/eviction/policy_params.h"

namespace cleave {

/// What a policy wants to be asked and told, beyond the rest.
struct PolicyWants {
  bool misses = false;         // hears of each miss, and may refuse the object
  bool drops_unasked = false;  // gives objects up while there is room
  bool pins = false;           // hears of pins: pinned objects are never named
  bool ends = false;           // hears when a session is over
  bool from_the_last = false;  // a request's objects are touched from its last to its first, as vLLM frees them
  bool in_runs = false;        // keeps the order of insertion and use alone, and looks at nothing else of an access
};

/// The seam of sim/kv/eviction/access.h behind virtual calls: a tier moves megabytes for each of them.
class AnyPolicy {
 public:
  virtual ~AnyPolicy() = default;
  virtual void hit(Slot slot, const Access& access) = 0;
  virtual void insert(Slot slot, const Access& access) = 0;
  virtual void erase(Slot slot) = 0;
  virtual Slot victim(const Access& incoming) = 0;
  /// The same at all times.
  [[nodiscard]] virtual PolicyWants wants() const = 0;
  /// Hears of a miss; false: the object is refused.
  virtual bool miss(const Access& access) = 0;
  virtual std::optional<Slot> dropped(TimePoint now) = 0;

  /// Of policies that can be told of runs. The next victims, in order; how many, at most `out.size()`.
  virtual std::size_t oldest(std::span<Slot>) const { return 0; }
  /// Those up to `last` are gone, and new objects have come into the same slots, in the same order; not all there are.
  virtual void renew_oldest(Slot) {}

  /// Policies that keep an order among blocks of one chain must know what cannot go; the others name it, and are told
  /// of it again with insert(). As many unpin().
  virtual void pin(Slot) {}
  virtual void unpin(Slot) {}
  /// Whether erase() may be called: leaf-first orders keep parents for as long as they have children.
  [[nodiscard]] virtual bool can_erase(Slot) const { return true; }
  /// Whether victim() may be called: an order that knows pins may have nothing left to name.
  [[nodiscard]] virtual bool has_victim() const { return true; }
};

/// Errors: ConfigError for an unknown name, and for offline bounds, which no store can follow.
[[nodiscard]] std::unique_ptr<AnyPolicy> make_any_policy(std::string_view name, const PolicyParams& params);

}  // namespace cleave
