#pragma once
// requests.csv: one row for each offered request, in the order in which they ended.

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "sim/metrics/recorder.h"
#include "sim/metrics/sinks.h"
#include "sim/report/output_file.h"

namespace cleave {

/// Writes as requests end. Times are seconds with nine decimals; what a request never had is an empty field.
class RequestsCsv : public RequestSink {
 public:
  /// Errors: std::runtime_error when the file cannot be written, here and later.
  RequestsCsv(const std::filesystem::path& path, std::span<const ClassInfo> classes);
  void on_request(const RequestRecord& record) override;
  void close() { file_.close(); }

 private:
  struct Class {
    std::string field;  // its name, ready for CSV
    SloLimits slo;
  };
  std::vector<Class> classes_;
  OutputFile file_;
};

}  // namespace cleave
