#pragma once
// decisions.csv: what each policy chose, and why.

#include <filesystem>

#include "sim/metrics/sinks.h"
#include "sim/report/output_file.h"

namespace cleave {

class DecisionsCsv : public DecisionSink {
 public:
  /// Errors: std::runtime_error when the file cannot be written, here and later.
  explicit DecisionsCsv(const std::filesystem::path& path);
  void on_decision(const DecisionRecord& record) override;
  void close() { file_.close(); }

 private:
  OutputFile file_;
};

}  // namespace cleave
