#include "sim/workload/make_workload.h"

#include <algorithm>
#include <cstddef>
#include <set>
#include <variant>
#include <vector>

#include "models/units/check.h"
#include "sim/workload/param_check.h"
#include "sim/workload/segment_names.h"
#include "sim/workload/sources.h"

namespace cleave {

namespace {

// What is remembered of a request until it ends.
struct Owner {
  std::uint32_t cls = 0;
  SourceTicket ticket = 0;
  bool live = false;
};

// Owners by request id, over the span from the oldest live request to the newest: a ring that grows when it must.
class LiveRequests {
 public:
  void add(RequestId id, Owner owner) {
    if (newest_ - oldest_ == ring_.size()) grow();
    SIM_CHECK(id.index() == newest_, "requests are numbered in order of emission");
    at(newest_++) = owner;
  }
  Owner remove(RequestId id) {
    SIM_CHECK(id.index() >= oldest_ && id.index() < newest_ && at(id.index()).live, "a request ends once");
    const Owner owner = at(id.index());
    at(id.index()).live = false;
    while (oldest_ < newest_ && !at(oldest_).live) ++oldest_;
    return owner;
  }

 private:
  Owner& at(std::size_t id) { return ring_[id & (ring_.size() - 1)]; }
  void grow() {
    std::vector<Owner> larger(ring_.size() * 2);
    for (std::size_t id = oldest_; id < newest_; ++id) larger[id & (larger.size() - 1)] = at(id);
    ring_ = std::move(larger);
  }
  std::vector<Owner> ring_ = std::vector<Owner>(1024);
  std::size_t oldest_ = 0;
  std::size_t newest_ = 0;
};

/// What requests of a class are beside their tokens and times. Draws go by session and turn, so that none moves
/// another.
class Habits {
 public:
  /// `first_adapter`: those of earlier classes have lower numbers.
  Habits(const ClassParams& params, std::uint32_t first_adapter, const RngBook& book)
      : client_(params.client),
        adapters_(params.adapters),
        first_adapter_(first_adapter),
        adapter_(book.stream("workload/" + params.name + "/adapters")),
        patience_(book.stream("workload/" + params.name + "/patience")),
        stops_(book.stream("workload/" + params.name + "/stops")) {}

  void apply(Request& request) const {
    request.adapter = 0;
    if (adapters_ > 0) {
      Rng rng = adapter_.below(request.session.value());
      request.adapter = first_adapter_ + static_cast<std::uint32_t>(uniform_below(rng, adapters_));
    }
    request.patience = client_.patience;
    if (client_.patience && client_.exponential_patience) {
      Rng rng = of_turn(patience_, request);
      request.patience = nearest_nanosecond(exponential(rng, to_seconds(*client_.patience)));
    }
    request.stops_at.reset();
    if (client_.stops_reading <= 0 || request.output < Tokens{2}) return;
    Rng rng = of_turn(stops_, request);
    if (uniform01(rng) >= client_.stops_reading) return;
    const auto most = static_cast<std::uint64_t>(request.output.value() - 1);
    request.stops_at = Tokens{1 + static_cast<std::int64_t>(uniform_below(rng, most))};
  }

 private:
  static Rng of_turn(const Rng& rng, const Request& request) {
    return rng.below(request.session.value()).below(request.turn);
  }

  ClientParams client_;
  std::uint32_t adapters_;
  std::uint32_t first_adapter_;
  Rng adapter_;
  Rng patience_;
  Rng stops_;
};

class MergedWorkload final : public Workload {
 public:
  MergedWorkload(const WorkloadParams& params, const RngBook& book) {
    for (std::size_t i = 0; i < params.classes.size(); ++i) {
      add_class(params.classes[i], {i, family_of(params, i)}, book);
    }
  }

  std::optional<TimePoint> next_arrival() override {
    const std::optional<std::size_t> cls = earliest();
    return cls ? next_[*cls] : std::nullopt;
  }

  void emit(Request& out) override {
    const std::optional<std::size_t> cls = earliest();
    SIM_CHECK(cls.has_value(), "emit() without a next arrival");
    out.id = RequestId{emitted_++};
    out.cls = ClassId{*cls};
    const SourceTicket ticket = sources_[*cls]->emit(out);
    habits_[*cls].apply(out);
    next_[*cls] = sources_[*cls]->next_arrival();
    live_.add(out.id, {static_cast<std::uint32_t>(*cls), ticket, true});
  }

  void finished(const Completion& completion) override {
    const Owner owner = live_.remove(completion.id);
    sources_[owner.cls]->finished(owner.ticket, completion);
    next_[owner.cls] = sources_[owner.cls]->next_arrival();
  }

  std::optional<std::uint64_t> expected_requests() const override {
    std::uint64_t sum = 0;
    for (const auto& source : sources_) {
      const auto expected = source->expected_requests();
      if (!expected) return std::nullopt;
      sum += *expected;
    }
    return sum;
  }

  std::uint64_t abandoned_turns() const override {
    std::uint64_t sum = 0;
    for (const auto& source : sources_) sum += source->abandoned_turns();
    return sum;
  }

 private:
  struct Names {
    std::size_t own = 0;
    std::size_t family = 0;  // the first class of the family
  };

  static std::size_t family_of(const WorkloadParams& params, std::size_t index) {
    const auto name = [&](std::size_t i) -> const std::string* {
      const auto* synthetic = std::get_if<SyntheticParams>(&params.classes[i].traffic);
      return synthetic != nullptr && !synthetic->prompt_family.empty() ? &synthetic->prompt_family : nullptr;
    };
    const std::string* own = name(index);
    for (std::size_t i = 0; own != nullptr && i < index; ++i) {
      if (name(i) != nullptr && *name(i) == *own) return i;
    }
    return index;
  }

  void add_class(const ClassParams& params, Names names, const RngBook& book) {
    const SourceContext context{ClassId{names.own},
                                ClassId{names.family},
                                "workload/" + params.name,
                                fmt::format("workload.classes[{}].traffic", names.own),
                                book,
                                sessions_};
    if (const auto* trace = std::get_if<TraceParams>(&params.traffic)) {
      sources_.push_back(make_trace_source(*trace, context));
    } else {
      const auto& synthetic = std::get<SyntheticParams>(params.traffic);
      const bool closed_loop = std::holds_alternative<ClosedLoopArrivals>(synthetic.arrivals);
      require(!synthetic.duration || *synthetic.duration > Duration::zero(), context.path, "duration",
              to_seconds(synthetic.duration.value_or(Duration{})), "more than zero");
      sources_.push_back(closed_loop || synthetic.session ? make_session_source(synthetic, context)
                                                          : make_one_shot_source(synthetic, context));
    }
    next_.push_back(sources_.back()->next_arrival());
    habits_.emplace_back(params, next_adapter_, book);
    next_adapter_ += params.adapters;
  }

  [[nodiscard]] std::optional<std::size_t> earliest() const {
    std::optional<std::size_t> best;
    for (std::size_t cls = 0; cls < next_.size(); ++cls) {
      if (next_[cls] && (!best || *next_[cls] < *next_[*best])) best = cls;
    }
    return best;
  }

  SessionCounter sessions_;
  std::vector<std::unique_ptr<TrafficSource>> sources_;
  std::vector<std::optional<TimePoint>> next_;  // by class
  std::vector<Habits> habits_;                  // by class
  std::uint32_t next_adapter_ = 1;
  LiveRequests live_;
  std::size_t emitted_ = 0;
};

void check_classes(const WorkloadParams& params) {
  const std::string path = "workload";
  require(!params.classes.empty() && params.classes.size() <= kMaxClasses, path, "classes", params.classes.size(),
          "from 1 to 1024 classes");
  std::set<std::string> names;
  for (std::size_t i = 0; i < params.classes.size(); ++i) {
    const std::string& name = params.classes[i].name;
    require(names.insert(name).second, path, fmt::format("classes[{}].name", i), name, "a name not yet used");
  }
}

}  // namespace

std::unique_ptr<Workload> make_workload(const WorkloadParams& params, const RngBook& book) {
  check_classes(params);
  return std::make_unique<MergedWorkload>(params, book);
}

}  // namespace cleave
