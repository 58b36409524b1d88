#pragma once

#include <cstdint>

namespace cleave {

/// How an offered request ended. All of them count in SLO attainment.
/// cancelled: its client left, before the first token or while it read.
enum class Outcome : std::uint8_t { completed, rejected, failed, cancelled, unfinished };

}  // namespace cleave
