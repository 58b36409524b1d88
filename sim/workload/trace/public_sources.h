#pragma once
// Where traces that are not in this repository come from.

#include <string>

namespace cleave {

/// For a well-known trace's file name (folders ignored): " (public source: ...; sha256 ...)". Empty for others.
[[nodiscard]] std::string where_to_get(const std::string& file);

}  // namespace cleave
