#include "models/tier/tier_cost.h"

#include <algorithm>

namespace cleave {
namespace {

constexpr double kGigabyte = 1e9;

double real(Bytes bytes) {
  return static_cast<double>(bytes.value());
}

double fee(const std::optional<Sourced<Usd>>& price) {
  return price ? price->value.value() : 0.0;
}

}  // namespace

TierLoad in_objects(Bytes bytes, Bytes object) {
  return {bytes, std::max<std::int64_t>(1, (bytes.value() + object.value() - 1) / object.value())};
}

TierStages tier_stages(const TierSpec& tier, TierAccess access, const TierLoad& load) {
  const bool reads = access == TierAccess::read;
  const auto& operations = reads ? tier.reads_per_second : tier.writes_per_second;
  const Duration latency = !reads && tier.write_latency ? tier.write_latency->value : tier.latency.value;
  double each = std::max(1.0, real(load.bytes) / static_cast<double>(load.accesses));
  if (tier.access_size) {
    const double unit = real(tier.access_size->value);
    each = std::ceil(each / unit) * unit;
  }
  double rate = (reads ? tier.read : tier.write).value.value();
  if (operations) rate = std::min(rate, operations->value * each);
  if (tier.queue_depth) {
    const double alone = tier.connection_rate ? tier.connection_rate->value.value() : rate;
    const double depth = std::min(static_cast<double>(tier.queue_depth->value), static_cast<double>(load.accesses));
    // Of a few accesses the first one's latency is `before`; of many, each place in the queue pays it again.
    const double rounds = static_cast<double>(load.accesses) / depth;
    const double waiting = (rounds - 1) * to_seconds(latency) / rounds;
    rate = std::min(rate, depth * each / (waiting + each / alone));
  }
  const Bytes moved{static_cast<std::int64_t>(each * static_cast<double>(load.accesses) + 0.5)};
  return {latency, moved, BytesPerSecond{rate}};
}

Usd access_price(const TierSpec& tier, TierAccess access, const TierLoad& load) {
  const bool reads = access == TierAccess::read;
  const double requests = static_cast<double>(load.accesses) / 1000.0;
  const double gigabytes = real(load.bytes) / kGigabyte;
  return Usd{requests * fee(reads ? tier.price_per_1000_reads : tier.price_per_1000_writes) +
             gigabytes * fee(reads ? tier.price_per_gb_read : tier.price_per_gb_written)};
}

std::optional<Usd> rent_per_month(const TierSpec& tier, Bytes bytes) {
  if (!tier.price_per_gb_month) return std::nullopt;
  return Usd{real(bytes) / kGigabyte * tier.price_per_gb_month->value.value()};
}

std::optional<double> break_even_reuses(const TierSpec& tier, const TierLoad& load, Usd recompute) {
  const std::optional<Usd> rent = rent_per_month(tier, load.bytes);
  const Usd saved = recompute - access_price(tier, TierAccess::read, load);
  if (!rent || saved <= Usd{0}) return std::nullopt;
  return ratio(*rent, saved);
}

}  // namespace cleave
