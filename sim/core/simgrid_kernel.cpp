#include "sim/core/simgrid_kernel.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <simgrid/kernel/Timer.hpp>
#include <simgrid/s4u/Comm.hpp>

#include "models/units/check.h"
#include "sim/core/event_queue.h"
#include "sim/core/simgrid_platform.h"

namespace cleave {
namespace {

namespace sg = simgrid::s4u;
using simgrid::kernel::resource::Action;
using simgrid::kernel::timer::Timer;

/// The first nanosecond that is not earlier than SimGrid's date. A date within 0.01 ns above a whole nanosecond is that
/// nanosecond: a double of seconds carries no more than that.
TimePoint round_up(double date) {
  return TimePoint{Duration{static_cast<std::int64_t>(std::ceil(date * 1e9 - 0.01))}};
}

class SimGridKernel final : public Kernel {
 public:
  SimGridKernel(const Topology& topology, const SimGridOptions& options)
      : topology_(topology),
        options_(options),
        platform_(topology, options.prune_links),
        links_(topology.links.size()) {
    for (std::size_t i = 0; i < links_.size(); ++i) links_[i].bandwidth = topology.links[i].bandwidth.value();
    sg::Activity::on_completion_cb([this](const sg::Activity& activity) { on_completion(activity); });
  }

  [[nodiscard]] TimePoint now() const override { return now_; }

  EventId at(TimePoint time, Order order, EventFn fn) override {
    SIM_CHECK(time >= now_, "an event in the past");
    return queue_.push(time, order, std::move(fn));
  }
  void cancel(EventId event) override { queue_.cancel(event); }
  [[nodiscard]] bool has_passed(TimePoint time, Order order) const override {
    return progress_.has_passed(time, order);
  }

  FlowId transfer(const FlowSpec& spec, FlowFn done) override;
  void set_rate_cap(FlowId flow, std::optional<BytesPerSecond> cap) override;
  [[nodiscard]] Bytes remaining(FlowId flow) const override;
  void cancel(FlowId flow) override;

  void set_link_up(LinkId link, bool up) override;
  void scale_link(LinkId link, double factor) override;
  void sample_links() override;
  [[nodiscard]] std::vector<LinkUsage> link_usage() const override;

  void run(const Callback<bool()>& stop) override;
  [[nodiscard]] KernelCounters counters() const override { return counters_; }
  [[nodiscard]] std::size_t pending() const override {
    return queue_.size() + due_.size() + flowing_ - leaving_.size();
  }

 private:
  enum class State : std::uint8_t { free, delayed, due, flowing, ended };

  /// What moves.
  struct Stream {
    double bytes = 0;
    double settled = 0;  // bytes already counted in link usage
    std::vector<LinkId> route;
    sg::CommPtr comm;
    Action* action = nullptr;  // only while flowing
  };
  struct Flow {
    State state = State::free;
    std::uint32_t generation = 1;
    std::optional<BytesPerSecond> cap;
    FlowFn done;
    EventId event;  // end of the latency, or the report of the end
    Stream stream;
  };
  struct Link {
    double bandwidth = 0;
    double bytes = 0;
    double window = 0;
    double peak = 0;
    bool up = true;
  };

  Flow* find(FlowId id) {
    if (id.generation() == 0 || flows_[id.slot()].generation != id.generation()) return nullptr;
    return flows_[id.slot()].state == State::free ? nullptr : &flows_[id.slot()];
  }
  FlowId id_of(std::uint32_t slot) const { return {slot, flows_[slot].generation}; }
  std::uint32_t take_slot();
  void release(std::uint32_t slot);
  void latency_over(FlowId id);
  void start_due_flows();
  void start(std::uint32_t slot);
  void apply_cap(Flow& flow);
  [[nodiscard]] bool route_is_up(const Flow& flow) const;
  void settle(Stream& stream, double delivered);
  void settle_so_far(Stream& stream);
  void close_window();
  void on_completion(const sg::Activity& activity);
  void report(std::uint32_t slot, TimePoint time, FlowEnd end);
  void stop(Stream& stream);
  void leave(Flow& flow);

  /// Whether time has gone on without SimGrid, which has nothing to say until a flow ends or another begins.
  [[nodiscard]] bool lags() const { return flowing_ > 0 && engine_now_ != now_; }
  void in_step(EventFn change);
  [[nodiscard]] double first_end();
  void advance();
  void stop_run();
  void run_event();
  void wake_at(TimePoint time);

  Topology topology_;
  SimGridOptions options_;
  SimGridPlatform platform_;
  EventQueue queue_;
  TimePoint now_;
  TimePoint engine_now_;  // the instant SimGrid stands at; behind now_ until a flow needs it
  InstantProgress progress_;
  Timer* timer_ = nullptr;
  TimePoint timer_time_;
  std::optional<double> first_end_;  // of the flows under way, as they share now; nullopt: not asked for yet
  std::vector<EventFn> changes_;     // of this instant, to flows under way: made when SimGrid stands at it
  std::vector<Stream> leaving_;      // those that end with these changes
  bool stopping_ = false;
  bool stopped_ = false;
  const Callback<bool()>* stop_ = nullptr;

  std::vector<Flow> flows_;
  std::vector<std::uint32_t> free_;
  std::vector<std::uint32_t> due_;  // flows to start at now_
  std::size_t flowing_ = 0;
  std::vector<sg::CommPtr> ended_;  // a comm may not be dropped inside its own completion

  std::vector<Link> links_;
  std::vector<std::uint32_t> touched_;  // links with traffic in this window
  TimePoint window_start_;
  KernelCounters counters_;
};

// --- flows -------------------------------------------------------------------------------------------------------

std::uint32_t SimGridKernel::take_slot() {
  if (free_.empty()) {
    flows_.emplace_back();
    return static_cast<std::uint32_t>(flows_.size() - 1);
  }
  const std::uint32_t slot = free_.back();
  free_.pop_back();
  return slot;
}

void SimGridKernel::release(std::uint32_t slot) {
  Flow& flow = flows_[slot];
  flow.state = State::free;
  ++flow.generation;
  flow.done = FlowFn{};
  free_.push_back(slot);
}

FlowId SimGridKernel::transfer(const FlowSpec& spec, FlowFn done) {
  SIM_CHECK(spec.bytes >= Bytes{0}, "a flow of negative size");
  const std::uint32_t slot = take_slot();
  Flow& flow = flows_[slot];
  flow.state = State::delayed;
  flow.stream.bytes = static_cast<double>(spec.bytes.value());
  flow.stream.settled = 0;
  flow.cap = spec.rate_cap;
  flow.done = std::move(done);
  topology_.route(spec.from, spec.to, flow.stream.route);
  ++counters_.flows;
  const FlowId id = id_of(slot);
  const Duration latency = topology_.latency(flow.stream.route);
  if (latency == Duration{0} && spec.bytes > Bytes{0} && !flow.stream.route.empty()) {
    latency_over(id);
  } else {
    flow.event = queue_.push(now_ + latency, {Phase::transfer}, [this, id] { latency_over(id); });
  }
  return id;
}

void SimGridKernel::latency_over(FlowId id) {
  Flow* flow = find(id);
  if (flow == nullptr) return;
  flow->event = EventId{};
  if (!route_is_up(*flow)) {
    report(id.slot(), now_, FlowEnd::failed);
  } else if (flow->stream.bytes == 0 || flow->stream.route.empty()) {
    settle(flow->stream, flow->stream.bytes);
    report(id.slot(), now_, FlowEnd::done);
  } else {
    flow->state = State::due;
    due_.push_back(id.slot());
  }
}

bool SimGridKernel::route_is_up(const Flow& flow) const {
  const std::vector<LinkId>& route = flow.stream.route;
  return std::all_of(route.begin(), route.end(), [this](LinkId link) { return links_[link.index()].up; });
}

void SimGridKernel::start_due_flows() {
  for (std::size_t i = 0; i < due_.size(); ++i) {
    if (flows_[due_[i]].state == State::due) start(due_[i]);
  }
  due_.clear();
}

void SimGridKernel::start(std::uint32_t slot) {
  Flow& flow = flows_[slot];
  flow.state = State::flowing;
  Stream& stream = flow.stream;
  stream.comm = platform_.make_flow();
  stream.comm->set_payload_size(static_cast<std::uint64_t>(stream.bytes));
  stream.comm->set_data(reinterpret_cast<void*>(static_cast<std::uintptr_t>(slot) + 1));
  stream.action = platform_.start(*stream.comm, stream.route);
  apply_cap(flow);
  ++flowing_;
}

void SimGridKernel::apply_cap(Flow& flow) {
  const double bound = flow.cap ? flow.cap->value() : -1.0;
  flow.stream.action->set_user_bound(bound);
  flow.stream.action->set_bound(bound);
}

void SimGridKernel::set_rate_cap(FlowId id, std::optional<BytesPerSecond> cap) {
  Flow* flow = find(id);
  if (flow == nullptr) return;
  flow->cap = cap;
  if (flow->state != State::flowing) return;
  in_step([this, id] {
    if (Flow* capped = find(id); capped != nullptr && capped->state == State::flowing) apply_cap(*capped);
  });
}

Bytes SimGridKernel::remaining(FlowId id) const {
  const Flow* flow = const_cast<SimGridKernel*>(this)->find(id);
  if (flow == nullptr || flow->state == State::ended) return Bytes{0};
  if (flow->state != State::flowing) return Bytes{std::llround(flow->stream.bytes)};
  Action& action = *flow->stream.action;
  const double left =
      lags() ? action.get_remains_no_update() - action.get_last_value() * (to_seconds(now_) - action.get_last_update())
             : action.get_remains();
  return Bytes{std::llround(std::max(0.0, left))};
}

void SimGridKernel::stop(Stream& stream) {
  settle_so_far(stream);
  sg::CommPtr comm = std::move(stream.comm);
  stream.action = nullptr;
  --flowing_;
  comm->cancel();
  ended_.push_back(std::move(comm));
}

/// The flow moves nothing from now on.
void SimGridKernel::leave(Flow& flow) {
  flow.stream.comm->set_data(nullptr);
  if (!lags()) return stop(flow.stream);
  leaving_.push_back(std::move(flow.stream));
  flow.stream.action = nullptr;
  changes_.emplace_back([this, i = leaving_.size() - 1] { stop(leaving_[i]); });
}

void SimGridKernel::cancel(FlowId id) {
  Flow* flow = find(id);
  if (flow == nullptr) return;
  queue_.cancel(flow->event);
  flow->event = EventId{};
  if (flow->state == State::flowing) leave(*flow);
  release(id.slot());
}

void SimGridKernel::report(std::uint32_t slot, TimePoint time, FlowEnd end) {
  Flow& flow = flows_[slot];
  flow.state = State::ended;
  const FlowId id = id_of(slot);
  flow.event = queue_.push(time, {Phase::transfer}, [this, id, end] {
    Flow* ended = find(id);
    if (ended == nullptr) return;
    FlowFn done = std::move(ended->done);
    release(id.slot());
    done(end);
  });
}

void SimGridKernel::on_completion(const sg::Activity& activity) {
  const auto tag = reinterpret_cast<std::uintptr_t>(activity.get_data<void>());
  if (tag == 0) return;  // ended by us
  const auto slot = static_cast<std::uint32_t>(tag - 1);
  Flow& flow = flows_[slot];
  SIM_CHECK(flow.state == State::flowing, "a flow ended twice");
  flow.stream.comm->set_data(nullptr);
  flow.stream.action = nullptr;
  ended_.push_back(std::move(flow.stream.comm));
  --flowing_;
  settle(flow.stream, flow.stream.bytes);
  const TimePoint end = std::max(now_, round_up(sg::Engine::get_clock()));
  report(slot, end, FlowEnd::done);
  wake_at(end);
}

// --- links -------------------------------------------------------------------------------------------------------

void SimGridKernel::settle(Stream& stream, double delivered) {
  const double moved = delivered - stream.settled;
  if (moved <= 0) return;
  stream.settled = delivered;
  for (const LinkId id : stream.route) {
    Link& link = links_[id.index()];
    if (link.window == 0) touched_.push_back(id.value());
    link.window += moved;
  }
}

void SimGridKernel::settle_so_far(Stream& stream) {
  settle(stream, stream.bytes - std::max(0.0, stream.action->get_remains()));
}

void SimGridKernel::sample_links() {
  in_step([this] { close_window(); });
}

void SimGridKernel::close_window() {
  const double seconds = to_seconds(now_ - window_start_);
  if (seconds <= 0) return;
  for (Flow& flow : flows_) {
    if (flow.state == State::flowing) settle_so_far(flow.stream);
  }
  for (Stream& stream : leaving_) {
    if (stream.action != nullptr) settle_so_far(stream);
  }
  for (const std::uint32_t index : touched_) {
    Link& link = links_[index];
    link.bytes += link.window;
    link.peak = std::max(link.peak, link.window / (link.bandwidth * seconds));
    link.window = 0;
  }
  touched_.clear();
  window_start_ = now_;
}

std::vector<LinkUsage> SimGridKernel::link_usage() const {
  std::vector<LinkUsage> usage;
  usage.reserve(links_.size());
  for (const Link& link : links_) usage.push_back({link.bytes + link.window, link.peak});
  return usage;
}

void SimGridKernel::set_link_up(LinkId id, bool up) {
  links_[id.index()].up = up;
  if (up) return;
  for (std::uint32_t slot = 0; slot < flows_.size(); ++slot) {
    Flow& flow = flows_[slot];
    if (flow.state != State::flowing && flow.state != State::due) continue;
    const std::vector<LinkId>& route = flow.stream.route;
    if (std::find(route.begin(), route.end(), id) == route.end()) continue;
    if (flow.state == State::flowing) leave(flow);
    report(slot, now_, FlowEnd::failed);
  }
}

void SimGridKernel::scale_link(LinkId id, double factor) {
  SIM_CHECK(factor > 0, "a link scaled to nothing is down: use set_link_up");
  sg::Link* link = platform_.link(id);
  SIM_CHECK(link != nullptr, "a link that may degrade must be kept in the solver (LinkSpec::may_degrade)");
  in_step([link, bandwidth = links_[id.index()].bandwidth * factor] { link->set_bandwidth(bandwidth); });
}

// --- time --------------------------------------------------------------------------------------------------------

void SimGridKernel::wake_at(TimePoint time) {
  if (timer_ != nullptr) {
    if (timer_time_ <= time) return;
    timer_->remove();
  }
  timer_time_ = time;
  timer_ = Timer::set(std::max(to_seconds(time), sg::Engine::get_clock()), [this] {
    timer_ = nullptr;
    now_ = timer_time_;
    engine_now_ = now_;
    first_end_.reset();
    ended_.clear();
    for (EventFn& change : changes_) change();
    changes_.clear();
    leaving_.clear();
    advance();
  });
}

void SimGridKernel::run_event() {
  EventQueue::Event event = queue_.pop();
  now_ = event.time;
  progress_.run(now_, event.order);
  check_context().now_ns = now_.time_since_epoch().count();
  ++counters_.events;
  event.fn();
}

/// Changes flows under way: now, or at this instant still, once SimGrid stands at it.
void SimGridKernel::in_step(EventFn change) {
  if (lags())
    changes_.push_back(std::move(change));
  else
    change();
}

/// SimGrid's date until which all flows go on as they do now; infinity where none ends.
double SimGridKernel::first_end() {
  if (!first_end_) first_end_ = platform_.first_end().value_or(std::numeric_limits<double>::infinity());
  return *first_end_;
}

/// Runs what is due, then jumps from event to event until a flow ends: that is for SimGrid's own clock.
void SimGridKernel::advance() {
  while (!stopped_) {
    const std::optional<TimePoint> next = queue_.next_time();
    if (next && *next <= now_) {
      run_event();
      continue;
    }
    if (!changes_.empty()) return wake_at(now_);
    if (!due_.empty()) {
      if (engine_now_ != now_) return wake_at(now_);
      start_due_flows();
    }
    stopping_ = stopping_ || (*stop_)();
    if (stopping_) return lags() ? wake_at(now_) : stop_run();
    if (!next) return;
    if (!options_.skip_idle_engine || platform_.some_ended()) return wake_at(*next);
    // SimGrid gets there, and on_completion() hears of it: also of an end at this very instant, which is an event among
    // the others then.
    if (flowing_ > 0 && to_seconds(*next) >= first_end()) return;
    now_ = *next;
  }
}

/// Nobody is told of flows under way: what is left of the run is only read.
void SimGridKernel::stop_run() {
  stopped_ = true;
  for (Flow& flow : flows_) {
    if (flow.state != State::flowing) continue;
    leave(flow);
    flow.state = State::ended;
  }
}

void SimGridKernel::run(const Callback<bool()>& stop) {
  stop_ = &stop;
  stopping_ = stopped_ = false;
  wake_at(now_);
  platform_.engine().run();
  ended_.clear();
  SIM_CHECK(stopped_ || queue_.size() == 0, "the engine stopped with events left");
  stop_ = nullptr;
}

}  // namespace

std::unique_ptr<Kernel> make_simgrid_kernel(const Topology& topology, const SimGridOptions& options) {
  return std::make_unique<SimGridKernel>(topology, options);
}

void make_simgrid_engine_early() {
  make_engine_early();
}

}  // namespace cleave
