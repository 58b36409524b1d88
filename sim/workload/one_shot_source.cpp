// Open-loop requests, each a session of its own.

#include <utility>

#include "sim/workload/arrival_process.h"
#include "sim/workload/length_model.h"
#include "sim/workload/prompt_head.h"
#include "sim/workload/segment_names.h"
#include "sim/workload/sources.h"

namespace cleave {

namespace {

class OneShotSource final : public TrafficSource {
 public:
  OneShotSource(const SyntheticParams& params, const SourceContext& context)
      : limit_(params.requests),
        until_(params.duration),
        input_(params.input, context.path + ".input"),
        output_(params.output, context.path + ".output"),
        head_(params.system_prompt, params.system_prompts, context),
        input_rng_(context.book.stream(context.streams + "/input")),
        output_rng_(context.book.stream(context.streams + "/output")),
        arrivals_(make_arrivals(params.arrivals, context.book.stream(context.streams + "/arrivals"),
                                context.path + ".arrivals")),
        names_(context.cls),
        sessions_(context.sessions) {
    step();
  }

  std::optional<TimePoint> next_arrival() override { return next_; }

  SourceTicket emit(Request& out) override {
    const Tokens user = input_.draw(input_rng_);
    out.session = sessions_.next();
    out.turn = 0;
    out.arrival = *next_;
    out.output = output_.draw(output_rng_);
    out.prompt.clear();
    head_.begin(out.prompt, count_);
    append_span(out.prompt, {names_.fresh(), 0, static_cast<std::uint32_t>(user.value())});
    out.input = head_.length() + user;
    ++count_;
    step();
    return 0;
  }

  void finished(SourceTicket, const Completion&) override {}

  std::optional<std::uint64_t> expected_requests() const override { return until_ ? std::nullopt : limit_; }
  std::uint64_t abandoned_turns() const override { return 0; }

 private:
  void step() {
    next_ = limit_ && count_ >= *limit_ ? std::nullopt : arrivals_->next();
    if (next_ && until_ && *next_ >= kStartOfTime + *until_) next_.reset();
  }

  std::optional<std::uint64_t> limit_;
  std::optional<Duration> until_;
  LengthModel input_;
  LengthModel output_;
  PromptHead head_;
  Rng input_rng_;
  Rng output_rng_;
  std::unique_ptr<ArrivalProcess> arrivals_;
  SegmentNames names_;
  SessionCounter& sessions_;
  std::uint64_t count_ = 0;
  std::optional<TimePoint> next_;
};

}  // namespace

std::unique_ptr<TrafficSource> make_one_shot_source(const SyntheticParams& params, const SourceContext& context) {
  return std::make_unique<OneShotSource>(params, context);
}

}  // namespace cleave
