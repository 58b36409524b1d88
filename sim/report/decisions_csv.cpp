#include "sim/report/decisions_csv.h"

#include <string_view>

#include "sim/report/number_text.h"

namespace cleave {
namespace {

std::string_view name_of(DecisionStage stage) {
  switch (stage) {
    case DecisionStage::admission:
      return "admission";
    case DecisionStage::disaggregation:
      return "disaggregation";
    case DecisionStage::prefill:
      return "prefill";
    case DecisionStage::decode:
      break;
  }
  return "decode";
}

}  // namespace

DecisionsCsv::DecisionsCsv(const std::filesystem::path& path) : file_(path) {
  file_.buffer() += "time_s,request,stage,replica,candidates,score,reason\n";
}

void DecisionsCsv::on_decision(const DecisionRecord& record) {
  std::string& out = file_.buffer();
  append_seconds(out, record.time);
  out += ',';
  append_integer(out, std::int64_t{record.request.value()});
  out += ',';
  out += name_of(record.stage);
  out += ',';
  if (record.replica) append_integer(out, std::int64_t{record.replica->value()});
  out += ',';
  append_integer(out, std::int64_t{record.candidates});
  out += ',';
  if (record.score) append_real(out, *record.score);
  out += ',';
  append_csv_text(out, record.reason);
  out += '\n';
  file_.flush_when_full();
}

}  // namespace cleave
