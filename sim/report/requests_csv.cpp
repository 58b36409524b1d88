#include "sim/report/requests_csv.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "sim/metrics/request_times.h"
#include "sim/report/number_text.h"

namespace cleave {
namespace {

constexpr std::string_view kHeader =
    "request,class,session,turn,outcome,arrival_s,first_scheduled_s,prefill_done_s,kv_ready_s,first_token_s,"
    "last_token_s,queue_s,ttft_s,tpot_s,e2e_s,slo_met,input_tokens,output_tokens,generated_tokens,"
    "hit_prompt_kv_tokens,hit_decode_kv_tokens,recomputed_tokens,transferred_bytes,prefill_replica,decode_replica,"
    "preemptions,retries\n";

std::string_view name_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::completed:
      return "completed";
    case Outcome::rejected:
      return "rejected";
    case Outcome::failed:
      return "failed";
    case Outcome::cancelled:
      return "cancelled";
    case Outcome::unfinished:
      break;
  }
  return "unfinished";
}

/// Fields of one row, each followed by a comma, gathered on the stack: the buffer of the file is touched once.
class Fields {
 public:
  Fields& text(std::string_view field) {
    at_ = std::copy(field.begin(), field.end(), at_);
    *at_++ = ',';
    return *this;
  }
  Fields& integer(std::int64_t value) {
    at_ = write_integer(at_, value);
    *at_++ = ',';
    return *this;
  }
  Fields& seconds(const std::optional<Duration>& time) {
    if (time) at_ = write_seconds(at_, *time);
    *at_++ = ',';
    return *this;
  }
  Fields& seconds(const std::optional<TimePoint>& time) {
    return seconds(time ? std::optional{time->time_since_epoch()} : std::nullopt);
  }
  Fields& id(const std::optional<ReplicaId>& value) {
    if (value) at_ = write_integer(at_, std::int64_t{value->value()});
    *at_++ = ',';
    return *this;
  }
  /// Everything so far, the last comma left out.
  [[nodiscard]] std::string_view finish() const {
    return {text_.data(), static_cast<std::size_t>(at_ - text_.data()) - 1};
  }

 private:
  static constexpr std::size_t kMostFields = 26;
  std::array<char, kMostFields*(kNumberWidth + 1)> text_;  // left as it is: zeroing it would cost more than filling it
  char* at_ = text_.data();
};

}  // namespace

RequestsCsv::RequestsCsv(const std::filesystem::path& path, std::span<const ClassInfo> classes) : file_(path) {
  for (const ClassInfo& info : classes) {
    classes_.push_back({{}, info.slo});
    append_csv_text(classes_.back().field, info.name);
  }
  file_.buffer() += kHeader;
}

void RequestsCsv::on_request(const RequestRecord& record) {
  const Class& cls = classes_[record.cls.index()];
  Fields f;
  f.integer(record.session.value()).integer(record.turn).text(name_of(record.outcome));
  f.seconds(std::optional{record.arrival}).seconds(record.first_scheduled).seconds(record.prefill_done);
  f.seconds(record.kv_ready).seconds(record.first_token).seconds(record.last_token);
  f.seconds(queue_time_of(record)).seconds(ttft_of(record)).seconds(tpot_of(record)).seconds(e2e_of(record));
  f.integer(meets(cls.slo, record) ? 1 : 0).integer(record.input.value()).integer(record.output.value());
  f.integer(record.generated.value()).integer(record.hit_prompt_kv.value()).integer(record.hit_decode_kv.value());
  f.integer(record.recomputed.value()).integer(record.transferred.value());
  f.id(record.prefill_replica).id(record.decode_replica).integer(record.preemptions).integer(record.retries);

  std::string& out = file_.buffer();
  append_integer(out, std::int64_t{record.id.value()});
  out += ',';
  out += cls.field;
  out += ',';
  out += f.finish();
  out += '\n';
  file_.flush_when_full();
}

}  // namespace cleave
