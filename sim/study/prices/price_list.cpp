#include "sim/study/prices/price_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "models/units/error.h"
#include "sim/scenario/catalogue_fields.h"
#include "sim/scenario/yaml_parser.h"
#include "sim/scenario/yaml_reader.h"

namespace cleave {

template <class V>
void describe(V& v, PowerShares& power) {
  v.field("idle", power.idle, "share of the rated power while nothing runs", required());
  v.field("prefill", power.prefill, "while computing prompts", required());
  v.field("decode", power.decode, "while decoding", required());
  v.field("host", power.host, "the rest of the server, for each accelerator, by catalogue entry");
}

template <class V>
void describe(V& v, TierPrices& tier) {
  v.field("per_gb_month", tier.per_gb_month, "storage", required());
  v.field("most_per_accelerator", tier.most_per_accelerator, "what comes with each accelerator: more cannot be had");
  v.field("per_1000_reads", tier.per_1000_reads, "requests");
  v.field("per_1000_writes", tier.per_1000_writes, "requests");
  v.field("per_gb_read", tier.per_gb_read, "retrieval");
  v.field("per_gb_written", tier.per_gb_written, "upload");
}

template <class V>
void describe(V& v, PriceList& list) {
  v.field("description", list.description, "whose prices", required().not_empty());
  v.field("date", list.date, "month of the list", required().not_empty());
  v.field("includes_power", list.includes_power, "an hour's price pays for electricity", required());
  v.field("accelerators", list.accelerators, "of one accelerator, by catalogue entry", required());
  v.field("tiers", list.tiers, "memory and storage behind accelerators, by catalogue entry", required());
  v.field("usd_per_kwh", list.usd_per_kwh, "of electricity", required());
  v.field("pue", list.pue, "facility power over power of the machines", required());
  v.field("power", list.power, "power by phase", required());
  v.field("egress_per_gb", list.egress_per_gb, "between regions", required());
}

std::vector<std::string> price_lists(const std::filesystem::path& catalogue) {
  std::vector<std::string> names;
  std::error_code missing;
  for (const auto& entry : std::filesystem::directory_iterator(catalogue / "prices", missing)) {
    if (entry.path().extension() == ".yaml") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

PriceList load_price_list(const std::filesystem::path& catalogue, const std::string& name) {
  const std::vector<std::string> names = price_lists(catalogue);
  if (std::find(names.begin(), names.end(), name) == names.end()) {
    const std::vector<std::string_view> views(names.begin(), names.end());
    throw ConfigError(
        fmt::format("prices: got \"{}\", expected a price list: {}{}", name, listing(views), suggestion(name, views)));
  }
  Diagnostics diagnostics;
  const auto tree = parse_yaml_file(catalogue / "prices" / (name + ".yaml"), diagnostics);
  PriceList list;
  list.name = name;
  if (tree) read_document(*tree, list, diagnostics);
  diagnostics.throw_if_any();
  return list;
}

TierSpec priced(TierSpec tier, const TierPrices& prices) {
  tier.price_per_gb_month = prices.per_gb_month;
  tier.price_per_1000_reads = prices.per_1000_reads;
  tier.price_per_1000_writes = prices.per_1000_writes;
  tier.price_per_gb_read = prices.per_gb_read;
  tier.price_per_gb_written = prices.per_gb_written;
  return tier;
}

Catalogue priced(Catalogue catalogue, const PriceList& list) {
  const auto of_device = [&](DeviceSpec& device) {
    device.price.reset();
    const auto found = list.accelerators.find(device.name);
    if (found == list.accelerators.end()) return;
    const auto& [value, source, confidence] = found->second;
    device.price = DevicePrice{value, source, confidence, list.name, list.date};
  };
  const auto of_tier = [&](TierSpec& tier) {
    const auto found = list.tiers.find(tier.name);
    if (found != list.tiers.end()) {
      tier = priced(std::move(tier), found->second);
    } else {
      tier = priced(std::move(tier), TierPrices{});
      tier.price_per_gb_month.reset();
    }
  };
  catalogue.reprice(of_device, of_tier);
  return catalogue;
}

}  // namespace cleave
