#pragma once

#include <cstdint>

namespace cleave {

/// How an offered request ended. All of them count in SLO attainment.
enum class Outcome : std::uint8_t { completed, rejected, failed, unfinished };

}  // namespace cleave
