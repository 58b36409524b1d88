#pragma once
// What `cleave cache` prints, one row a policy and capacity.

#include <iosfwd>
#include <optional>
#include <span>
#include <string>

#include "sim/app/cache_command.h"
#include "sim/kv/eviction/hit_tally.h"

namespace cleave {

struct CacheRow {
  std::string policy;  // as asked for
  std::size_t capacity = 0;
  ReplayCounts counts;
  std::optional<std::uint32_t> crc;  // none when all capacities came from one pass
  std::optional<std::uint32_t> leading_run_crc;
};

/// Leading runs come first in text: what a prefix cache can use. JSON is an array of objects, CSV has a header.
void print_cache_rows(std::ostream& out, std::span<const CacheRow> rows, const BlockStream& stream, CacheFormat format);

}  // namespace cleave
