#include "sim/app/cache_rows.h"

#include <fmt/format.h>
#include <fmt/ostream.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace cleave {

namespace {

double share(std::uint64_t part, std::uint64_t all) {
  return static_cast<double>(part) / static_cast<double>(all);
}

/// The derived columns of a row.
struct Ratios {
  explicit Ratios(const ReplayCounts& c)
      : hits(share(c.hits, c.accesses)),
        leading_blocks(share(c.leading_run_hits, c.accesses)),
        leading_tokens(ratio(c.leading_run_tokens, c.input)),
        leading_cost(c.leading_run_cost / c.input_cost) {}
  double hits;
  double leading_blocks;
  double leading_tokens;
  double leading_cost;
};

std::string hex(std::optional<std::uint32_t> crc) {
  return crc ? fmt::format("{:08x}", *crc) : std::string();
}

void print_text(std::ostream& out, std::span<const CacheRow> rows, const BlockStream& stream) {
  fmt::print(out, "{} requests, {} look-ups of {} distinct blocks of {} tokens\n\n", stream.requests(),
             stream.blocks.size(), stream.unique, stream.block_size.value());
  std::size_t width = 6;
  for (const CacheRow& row : rows) width = std::max(width, row.policy.size());
  fmt::print(out, "{:<{}}  {:>10} {:>7} | {:^49} | {:^20}\n", "", width, "capacity", "of all",
             "leading runs: what a prefix cache can use", "any block");
  fmt::print(out, "{:<{}}  {:>10} {:>7} | {:>10} {:>8} {:>14} {:>14} | {:>11} {:>8}\n", "policy", width, "blocks", "%",
             "blocks", "%", "tokens %", "recompute %", "blocks", "%");
  for (const CacheRow& row : rows) {
    const Ratios r(row.counts);
    fmt::print(out, "{:<{}}  {:>10} {:>7.2f} | {:>10} {:>8.2f} {:>14.2f} {:>14.2f} | {:>11} {:>8.2f}\n", row.policy,
               width, row.capacity, 100 * share(row.capacity, stream.unique), row.counts.leading_run_hits,
               100 * r.leading_blocks, 100 * r.leading_tokens, 100 * r.leading_cost, row.counts.hits, 100 * r.hits);
  }
}

void print_json(std::ostream& out, std::span<const CacheRow> rows) {
  using Json = nlohmann::ordered_json;
  const auto or_null = [](std::optional<std::uint32_t> crc) { return crc ? Json(hex(crc)) : Json(nullptr); };
  Json list = Json::array();
  for (const CacheRow& row : rows) {
    const Ratios r(row.counts);
    list.push_back({{"policy", row.policy},
                    {"capacity_blocks", row.capacity},
                    {"accesses", row.counts.accesses},
                    {"hits", row.counts.hits},
                    {"leading_run_hits", row.counts.leading_run_hits},
                    {"crc", or_null(row.crc)},
                    {"leading_run_crc", or_null(row.leading_run_crc)},
                    {"leading_run_hit_tokens", row.counts.leading_run_tokens.value()},
                    {"input_tokens", row.counts.input.value()},
                    {"hit_ratio", r.hits},
                    {"leading_run_hit_ratio", r.leading_blocks},
                    {"token_hit_ratio", r.leading_tokens},
                    {"recompute_cost_hit_ratio", r.leading_cost}});
  }
  out << list.dump(2) << '\n';
}

void print_csv(std::ostream& out, std::span<const CacheRow> rows) {
  out << "policy,capacity_blocks,accesses,hits,leading_run_hits,crc,leading_run_crc,leading_run_hit_tokens,"
         "input_tokens,hit_ratio,leading_run_hit_ratio,token_hit_ratio,recompute_cost_hit_ratio\n";
  for (const CacheRow& row : rows) {
    const Ratios r(row.counts);
    fmt::print(out, "{},{},{},{},{},{},{},{},{},{:.6f},{:.6f},{:.6f},{:.6f}\n", row.policy, row.capacity,
               row.counts.accesses, row.counts.hits, row.counts.leading_run_hits, hex(row.crc),
               hex(row.leading_run_crc), row.counts.leading_run_tokens.value(), row.counts.input.value(), r.hits,
               r.leading_blocks, r.leading_tokens, r.leading_cost);
  }
}

}  // namespace

void print_cache_rows(std::ostream& out, std::span<const CacheRow> rows, const BlockStream& stream,
                      CacheFormat format) {
  switch (format) {
    case CacheFormat::text:
      return print_text(out, rows, stream);
    case CacheFormat::json:
      return print_json(out, rows);
    case CacheFormat::csv:
      return print_csv(out, rows);
  }
}

}  // namespace cleave
