#include "sim/app/cache_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "models/units/error.h"
#include "sim/app/cache_capacity.h"
#include "sim/app/cache_rows.h"
#include "sim/kv/eviction/policy_table.h"
#include "sim/scenario/diagnostics.h"

namespace cleave {

namespace {

constexpr const char* kDefaultCapacities = "10%,100%";

struct Wanted {
  std::string name;  // as the user wrote it
  const EvictionEntry* entry;
};

std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> parts(1);
  for (const char c : list) {
    if (c == ',') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

[[noreturn]] void refuse_policy(const std::string& name) {
  std::vector<std::string_view> names;
  for (const EvictionEntry& entry : eviction_policies()) names.push_back(entry.name);
  names.emplace_back("all");
  throw ConfigError(
      fmt::format("--policy: unknown policy `{}`, expected {}{}", name, listing(names), suggestion(name, names)));
}

std::vector<Wanted> find_policies(const std::string& list) {
  std::vector<Wanted> wanted;
  for (const std::string& name : split(list)) {
    if (name == "all") {
      for (const EvictionEntry& entry : eviction_policies()) wanted.push_back({std::string(entry.name), &entry});
      continue;
    }
    const EvictionEntry* entry = find_eviction_policy(name);
    if (entry == nullptr) refuse_policy(name);
    wanted.push_back({name, entry});
  }
  return wanted;
}

std::vector<CapacityText> read_capacities(const CacheCommandParams& params) {
  std::vector<CapacityText> capacities;
  if (params.capacities.empty() && params.curve) return capacities;
  for (const std::string& text : split(params.capacities.empty() ? kDefaultCapacities : params.capacities)) {
    capacities.push_back(parse_capacity(text));
  }
  return capacities;
}

// 1, 2, 5, 10, 20, ... and all distinct blocks.
std::vector<std::size_t> curve_capacities(std::size_t unique) {
  std::vector<std::size_t> points;
  for (std::size_t decade = 1; decade < unique; decade *= 10) {
    for (const std::size_t step : {1, 2, 5}) {
      if (decade * step < unique) points.push_back(decade * step);
    }
  }
  points.push_back(unique);
  return points;
}

std::vector<std::size_t> blocks_of(const std::vector<CapacityText>& capacities, const BlockStream& stream) {
  if (capacities.empty()) return curve_capacities(stream.unique);
  std::vector<std::size_t> blocks;
  for (const CapacityText& capacity : capacities) blocks.push_back(capacity_blocks(capacity, stream));
  return blocks;
}

class Runner {
 public:
  Runner(const CacheCommandParams& params, const BlockStream& stream) : stream_(stream), one_pass_(params.curve) {
    policy_.seed = params.seed;
    policy_.ttl = params.ttl;
    policy_.block_size = stream.block_size;
  }

  void run(const Wanted& wanted, const std::vector<std::size_t>& capacities) {
    if (one_pass_ && wanted.entry->curve != nullptr) {
      const StackCurve curve = wanted.entry->curve(stream_);
      for (const std::size_t blocks : capacities) rows_.push_back({wanted.name, blocks, curve.at(blocks), {}, {}});
      return;
    }
    if (wanted.entry->offline && next_uses_.empty()) next_uses_ = next_uses(stream_);
    policy_.next_uses = next_uses_;
    for (const std::size_t blocks : capacities) {
      policy_.capacity = blocks;
      const ReplayResult result = wanted.entry->replay(stream_, policy_);
      const std::uint32_t crc = wanted.entry->by_request ? result.leading_run_crc : result.hit_crc;
      rows_.push_back({wanted.name, blocks, result.counts, crc, result.leading_run_crc});
    }
  }

  [[nodiscard]] const std::vector<CacheRow>& rows() const { return rows_; }

 private:
  const BlockStream& stream_;
  bool one_pass_;
  PolicyParams policy_;
  std::vector<NextUse> next_uses_;
  std::vector<CacheRow> rows_;
};

}  // namespace

ExitCode cache_command(const CacheCommandParams& params, std::ostream& out) {
  const std::vector<Wanted> policies = find_policies(params.policies);
  const std::vector<CapacityText> capacities = read_capacities(params);
  const BlockStream stream = read_block_stream(params.trace);
  const std::vector<std::size_t> blocks = blocks_of(capacities, stream);
  Runner runner(params, stream);
  for (const Wanted& wanted : policies) runner.run(wanted, blocks);
  print_cache_rows(out, runner.rows(), stream, params.format);
  return ExitCode::ok;
}

}  // namespace cleave
