#pragma once
// A clock without an engine: unit tests run in milliseconds, and several may live in one process.

#include <memory>

#include "sim/core/event_queue.h"
#include "sim/core/kernel.h"

namespace cleave {

/// Every flow runs alone at `bandwidth` (or its cap, if lower) and never shares: enough to test what starts flows.
class ManualKernel final : public Kernel {
 public:
  explicit ManualKernel(BytesPerSecond bandwidth = BytesPerSecond{1e9}) : bandwidth_(bandwidth) {}

  [[nodiscard]] TimePoint now() const override { return now_; }
  EventId at(TimePoint time, Order order, EventFn fn) override;
  void cancel(EventId event) override { queue_.cancel(event); }
  [[nodiscard]] bool has_passed(TimePoint time, Order order) const override;
  FlowId transfer(const FlowSpec& flow, FlowFn done) override;
  void set_rate_cap(FlowId flow, std::optional<BytesPerSecond> cap) override;
  [[nodiscard]] Bytes remaining(FlowId flow) const override;
  void cancel(FlowId flow) override;
  void set_link_up(LinkId, bool) override {}
  void scale_link(LinkId, double) override {}
  void sample_links() override {}
  [[nodiscard]] std::vector<LinkUsage> link_usage() const override { return {}; }
  void run(const Callback<bool()>& stop) override;
  using Kernel::run;
  [[nodiscard]] KernelCounters counters() const override { return counters_; }
  [[nodiscard]] std::size_t pending() const override { return queue_.size(); }

  /// Runs the next event, if there is one.
  bool step();
  /// Ends a flow now, as done or as failed.
  void finish(FlowId flow, FlowEnd end);

 private:
  struct Flow {
    double remaining = 0;
    double rate = 0;
    TimePoint since;
    EventId end;
    FlowFn done;
    std::uint32_t generation = 1;
    bool live = false;
  };
  Flow* find(FlowId flow);
  [[nodiscard]] const Flow* find(FlowId flow) const { return const_cast<ManualKernel*>(this)->find(flow); }
  [[nodiscard]] double left(const Flow& flow) const;
  void arm(FlowId id, std::optional<BytesPerSecond> cap);

  BytesPerSecond bandwidth_;
  TimePoint now_;
  InstantProgress progress_;
  EventQueue queue_;
  std::vector<Flow> flows_;
  KernelCounters counters_;
};

}  // namespace cleave
