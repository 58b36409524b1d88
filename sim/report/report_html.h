#pragma once
// report.html: one file that opens from disk, with everything in it.

#include <string>

#include "sim/report/html/sections.h"

namespace cleave {

/// A whole page: style and drawings inline, no script, nothing loaded from anywhere. Well-formed XML after the DOCTYPE.
[[nodiscard]] std::string report_html(const html::ReportView& view);

}  // namespace cleave
