#pragma once
// Prompts as text, in cleave's own CSV: "7:0+512 o3:0+200 u96".

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/workload/request.h"
#include "sim/workload/segment_names.h"

namespace cleave {

inline constexpr std::string_view kSpanGrammar =
    "spans like 7:0+512 (text 7, from token 0, 512 tokens), o3:0+200 (the answer to request 3), u96 (unique text)";

/// Reads spans separated by one space; names below 2^50. "o3" becomes the output segment of request number 3; "u96" a
/// segment of its own. Empty text gives no span. False for anything else; `out` is then unspecified.
[[nodiscard]] bool parse_spans(std::string_view text, SegmentNames& names, std::vector<Span>& out);

/// Appends the text of `prompt`, with output segments named by record number. parse_spans() gives the same tokens back,
/// under other names: equal tokens stay equal.
void format_spans(const std::vector<Span>& prompt, std::string& out);

/// The record number in a provisional output segment.
[[nodiscard]] std::uint64_t output_number(SegmentId output_segment);

}  // namespace cleave
