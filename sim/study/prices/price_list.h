#pragma once
// Price lists: named and dated. A plan uses one; lists are never mixed. Data: models/catalog/prices.

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "models/hardware/sourced.h"
#include "models/units/units.h"

namespace cleave {

/// Power as shares of an accelerator's rated power.
struct PowerShares {
  Sourced<double> idle;
  Sourced<double> prefill;  // while computing prompts
  Sourced<double> decode;   // while decoding
};

struct PriceList {
  std::string name;
  std::string description;
  std::string date;
  bool includes_power = true;                               // whether an hour's price pays for electricity
  std::map<std::string, Sourced<UsdPerHour>> accelerators;  // by catalogue entry, each
  Sourced<double> usd_per_kwh;
  Sourced<double> pue;  // facility power over power of the machines
  PowerShares power;
  Sourced<Usd> egress_per_gb;  // leaving the region
};

/// Reads models/catalog/prices/<name>.yaml of the catalogue's folder.
/// Errors: ConfigError for an unknown name, with the nearest, or for a file with mistakes.
[[nodiscard]] PriceList load_price_list(const std::filesystem::path& catalogue, const std::string& name);

/// The names of all lists, sorted.
[[nodiscard]] std::vector<std::string> price_lists(const std::filesystem::path& catalogue);

}  // namespace cleave
