#pragma once
// Kinds of memory and storage that hold KV. Data: models/catalog/tiers.

#include <cstdint>
#include <optional>
#include <string>

#include "models/hardware/sourced.h"
#include "models/units/units.h"

namespace cleave {

struct TierSpec {
  std::string name;
  std::string description;
  Sourced<BytesPerSecond> read;
  Sourced<BytesPerSecond> write;
  Sourced<Duration> latency;                       // of one read, before bytes flow
  std::optional<Sourced<Duration>> write_latency;  // absent: as a read
  // Absent: so many that bandwidth is the limit.
  std::optional<Sourced<std::uint32_t>> queue_depth;       // accesses under way at once
  std::optional<Sourced<double>> reads_per_second;         // operations, whatever their size
  std::optional<Sourced<double>> writes_per_second;        //
  std::optional<Sourced<BytesPerSecond>> connection_rate;  // of one access under way
  std::optional<Sourced<Bytes>> access_size;               // smallest unit that is read or written: the rest is waste
  std::optional<Sourced<Bytes>> object_size;               // as it is commonly used: blocks are gathered into objects
  std::optional<Sourced<Usd>> price_per_gb_month;          // absent: not known, or part of the accelerator's price
  std::optional<Sourced<Usd>> price_per_1000_reads;
  std::optional<Sourced<Usd>> price_per_1000_writes;
  std::optional<Sourced<Usd>> price_per_gb_read;  // retrieval
  std::optional<Sourced<Usd>> price_per_gb_written;
};

}  // namespace cleave
