#pragma once
// Price lists: named and dated. A plan uses one; lists are never mixed. Data: models/catalog/prices.

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "models/hardware/sourced.h"
#include "models/hardware/tier.h"
#include "models/units/units.h"
#include "sim/scenario/catalogue.h"

namespace cleave {

/// Power of an accelerator by what it does, as shares of its rated power; and of the server around it, which draws the
/// same whatever the accelerator does.
struct PowerShares {
  Sourced<double> idle;
  Sourced<double> prefill;                     // while computing prompts
  Sourced<double> decode;                      // while decoding
  std::map<std::string, Sourced<Watts>> host;  // the rest of the server, for each accelerator; absent: not known
};

/// What one kind of memory or storage costs. A GB is 10^9 bytes, a month 730 hours.
struct TierPrices {
  Sourced<Usd> per_gb_month;                           // of the capacity that is rented, used or not
  std::optional<Sourced<Bytes>> most_per_accelerator;  // what comes with each: more cannot be had
  std::optional<Sourced<Usd>> per_1000_reads;          // requests
  std::optional<Sourced<Usd>> per_1000_writes;
  std::optional<Sourced<Usd>> per_gb_read;     // retrieval
  std::optional<Sourced<Usd>> per_gb_written;  // upload
};

struct PriceList {
  std::string name;
  std::string description;
  std::string date;
  bool includes_power = true;                               // whether an hour's price pays for electricity
  std::map<std::string, Sourced<UsdPerHour>> accelerators;  // by catalogue entry, each
  std::map<std::string, TierPrices> tiers;                  // by catalogue entry
  Sourced<double> usd_per_kwh;
  Sourced<double> pue;  // facility power over power of the machines
  PowerShares power;
  Sourced<Usd> egress_per_gb;  // between regions
};

/// Reads models/catalog/prices/<name>.yaml of the catalogue's folder.
/// Errors: ConfigError for an unknown name, with the nearest, or for a file with mistakes.
[[nodiscard]] PriceList load_price_list(const std::filesystem::path& catalogue, const std::string& name);

/// The names of all lists, sorted.
[[nodiscard]] std::vector<std::string> price_lists(const std::filesystem::path& catalogue);

/// A kind of memory or storage with a list's prices instead of the catalogue's.
[[nodiscard]] TierSpec priced(TierSpec tier, const TierPrices& prices);

/// The catalogue with a list's prices instead of its own. What the list does not price has none.
[[nodiscard]] Catalogue priced(Catalogue catalogue, const PriceList& list);

}  // namespace cleave
