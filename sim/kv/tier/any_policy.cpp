#include "sim/kv/tier/any_policy.h"

#include <array>
#include <string>

#include "models/units/error.h"
#include "sim/kv/eviction/policies/arc.h"
#include "sim/kv/eviction/policies/drawn.h"
#include "sim/kv/eviction/policies/leaf_lru.h"
#include "sim/kv/eviction/policies/lecar.h"
#include "sim/kv/eviction/policies/lhd.h"
#include "sim/kv/eviction/policies/lists.h"
#include "sim/kv/eviction/policies/scored.h"
#include "sim/kv/eviction/policies/segments.h"
#include "sim/kv/eviction/policies/session_aware.h"
#include "sim/kv/eviction/policies/w_tiny_lfu.h"
#include "sim/kv/eviction/policy_table.h"

namespace cleave {
namespace {

template <EvictionPolicy Policy>
class Behind : public AnyPolicy {
 public:
  explicit Behind(const PolicyParams& params) : policy_(params) {}
  void hit(Slot slot, const Access& access) override { policy_.hit(slot, access); }
  void insert(Slot slot, const Access& access) override { policy_.insert(slot, access); }
  void erase(Slot slot) override { policy_.erase(slot); }
  Slot victim(const Access& incoming) override { return policy_.victim(incoming); }
  [[nodiscard]] PolicyWants wants() const override {
    PolicyWants wants;
    wants.misses = HearsMisses<Policy>;
    wants.drops_unasked = DropsUnasked<Policy>;
    return wants;
  }
  bool miss(const Access& access) override {
    if constexpr (HearsMisses<Policy>) {
      return policy_.miss(access);
    } else {
      static_cast<void>(access);
      return true;
    }
  }
  std::optional<Slot> dropped(TimePoint now) override {
    if constexpr (DropsUnasked<Policy>) {
      return policy_.dropped(now);
    } else {
      static_cast<void>(now);
      return std::nullopt;
    }
  }

 protected:
  Policy policy_;  // NOLINT: what the wrappers below add to
};

/// Of a policy that looks at nothing of an access.
template <class Policy>
class BehindInRuns final : public Behind<Policy> {
  static_assert(!HearsMisses<Policy> && !DropsUnasked<Policy>);

 public:
  using Behind<Policy>::Behind;
  std::size_t oldest(std::span<Slot> out) const override { return this->policy_.oldest(out); }
  void renew_oldest(Slot last) override { this->policy_.renew_oldest(last); }
  [[nodiscard]] PolicyWants wants() const override {
    PolicyWants wants = Behind<Policy>::wants();
    wants.in_runs = true;
    return wants;
  }
};

class BehindLeafLru final : public Behind<LeafLru> {
 public:
  using Behind::Behind;
  void pin(Slot slot) override { policy_.pin(slot); }
  void unpin(Slot slot) override { policy_.unpin(slot); }
  [[nodiscard]] bool can_erase(Slot slot) const override { return policy_.is_leaf(slot); }
  [[nodiscard]] bool has_victim() const override { return policy_.has_leaf(); }
  [[nodiscard]] PolicyWants wants() const override {
    PolicyWants wants = Behind::wants();
    wants.pins = true;
    return wants;
  }
};

class BehindLruFromTheLast final : public Behind<Lru> {
 public:
  using Behind::Behind;
  [[nodiscard]] PolicyWants wants() const override {
    PolicyWants wants = Behind::wants();
    wants.from_the_last = true;
    return wants;
  }
};

class BehindSessionAware final : public Behind<SessionAware> {
 public:
  using Behind::Behind;
  [[nodiscard]] PolicyWants wants() const override {
    PolicyWants wants = Behind::wants();
    wants.ends = true;
    return wants;
  }
};

template <class Policy, class Wrapper = Behind<Policy>>
std::unique_ptr<AnyPolicy> make(const PolicyParams& params) {
  return std::make_unique<Wrapper>(params);
}

struct Row {
  std::string_view name;
  std::unique_ptr<AnyPolicy> (*make)(const PolicyParams&);
};

}  // namespace

std::unique_ptr<AnyPolicy> make_any_policy(std::string_view name, const PolicyParams& params) {
  static constexpr std::array kRows{Row{"fifo", make<Fifo, BehindInRuns<Fifo>>},
                                    Row{"lru", make<Lru, BehindInRuns<Lru>>},
                                    Row{"lru-b", make<Lru, BehindLruFromTheLast>},
                                    Row{"leaf-lru", make<LeafLru, BehindLeafLru>},
                                    Row{"ttl", make<TtlLru>},
                                    Row{"lfu", make<Lfu>},
                                    Row{"clock", make<Clock<1>>},
                                    Row{"clock-2bit", make<Clock<3>>},
                                    Row{"sieve", make<Sieve>},
                                    Row{"s3fifo", make<S3Fifo>},
                                    Row{"slru", make<Slru>},
                                    Row{"twoq", make<TwoQ>},
                                    Row{"arc", make<Arc>},
                                    Row{"gdsf", make<Gdsf>},
                                    Row{"wtinylfu", make<WTinyLfu>},
                                    Row{"hyperbolic", make<Hyperbolic>},
                                    Row{"lecar", make<Lecar>},
                                    Row{"random", make<RandomEviction>},
                                    Row{"length-aware", make<LengthAware>},
                                    Row{"cost-aware", make<CostAware>},
                                    Row{"lhd", make<Lhd>},
                                    Row{"session", make<SessionAware, BehindSessionAware>}};
  const EvictionEntry* entry = find_eviction_policy(name);
  if (entry == nullptr) throw ConfigError("unknown eviction policy `" + std::string(name) + "`");
  for (const Row& row : kRows) {
    if (row.name == entry->name) return row.make(params);
  }
  throw ConfigError("eviction policy `" + std::string(name) + "` needs to know the future: only `cleave cache` can");
}

}  // namespace cleave
