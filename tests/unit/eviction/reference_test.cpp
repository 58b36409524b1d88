// Exact hits, leading runs and sequences of hits on recorded traces, against counts made by independent programs.
#include <catch2/catch.hpp>

#include <fmt/format.h>

#include <map>

#include "sim/kv/eviction/policy_table.h"
#include "tests/unit/eviction/shared_stream.h"

using namespace cleave;
using namespace cleave::test;

namespace {

// Each (policy, capacity) is replayed once for all its rows.
class Replays {
 public:
  explicit Replays(const BlockStream& stream) : stream_(stream), next_uses_(next_uses(stream)) {}

  const ReplayResult& of(const EvictionEntry& policy, std::size_t capacity, std::uint64_t seed = 1) {
    const auto [at, isnew] = results_.try_emplace({policy.name, capacity, seed});
    if (isnew) {
      PolicyParams params;
      params.capacity = capacity;
      params.seed = seed;
      params.block_size = stream_.block_size;
      params.next_uses = next_uses_;
      at->second = policy.replay(stream_, params);
    }
    return at->second;
  }

 private:
  const BlockStream& stream_;
  std::vector<NextUse> next_uses_;
  std::map<std::tuple<std::string_view, std::size_t, std::uint64_t>, ReplayResult> results_;
};

const EvictionEntry* deterministic(const std::string& name) {
  for (const char* other : {"LIRS", "WTinyLFU", "Random", "Hyperbolic", "LeCaR", "LHD", "Cacheus"}) {
    if (name == other) return nullptr;
  }
  const EvictionEntry* entry = find_eviction_policy(name);
  INFO(name);
  REQUIRE(entry != nullptr);
  return entry;
}

void check_object_hits(Replays& replays, const std::string& trace) {
  std::size_t checked = 0;
  for (const auto& row : table_rows("eviction_reference.csv")) {
    if (row[0] != trace) continue;
    const EvictionEntry* policy = deterministic(row[1]);
    if (policy == nullptr) continue;
    INFO(row[1] << " at " << row[2]);
    const ReplayResult& result = replays.of(*policy, std::stoull(row[2]));
    CHECK(result.counts.accesses == std::stoull(row[3]));
    CHECK(result.counts.hits == std::stoull(row[4]));
    ++checked;
  }
  CHECK(checked == 13 * 7);
}

void check_sequences(Replays& replays, const std::string& trace) {
  std::size_t checked = 0;
  for (const auto& row : table_rows("eviction_hit_sequence_crc.csv")) {
    if (row[0] != trace) continue;
    const bool by_request = row[1].starts_with("prefix:");
    const EvictionEntry* policy = deterministic(by_request ? row[1].substr(7) : row[1]);
    INFO(row[1] << " at " << row[2]);
    const ReplayResult& result = replays.of(*policy, std::stoull(row[2]));
    CHECK((by_request ? result.counts.leading_run_hits : result.counts.hits) == std::stoull(row[4]));
    CHECK(fmt::format("{:08x}", by_request ? result.leading_run_crc : result.hit_crc) == row[5]);
    ++checked;
  }
  CHECK(checked >= 34);
}

std::string prefix_policy(const std::string& name) {
  if (name.starts_with("obj:")) return name.substr(4);
  if (name.starts_with("LRU-a")) return "lru-a";
  if (name.starts_with("LRU-b")) return "lru-b";
  if (name.starts_with("tree")) return "leaf-lru";
  return "belady-bypass";  // "OPT, optional insertion": the same by the third identity
}

void check_leading_runs(Replays& replays, const std::string& trace, std::size_t rows) {
  std::size_t checked = 0;
  for (const auto& row : table_rows("prefix_reference.csv")) {
    if (row[0] != trace) continue;
    const EvictionEntry* policy = find_eviction_policy(prefix_policy(row[1]));
    INFO(row[1] << " at " << row[2]);
    REQUIRE(policy != nullptr);
    const ReplayCounts& counts = replays.of(*policy, std::stoull(row[2])).counts;
    CHECK(counts.leading_run_hits == std::stoull(row[4]));
    if (!row[6].empty()) {
      const double tokens = ratio(counts.leading_run_tokens, counts.input);
      CHECK(fmt::format("{:.6f}", tokens) == row[6]);
      CHECK(fmt::format("{:.6f}", counts.leading_run_cost / counts.input_cost) == row[7]);
    }
    ++checked;
  }
  CHECK(checked == rows);
}

// Bounds of "randomised: mean of N seeds, range A..B" in a row's last field.
std::pair<double, double> stated_range(const std::string& text) {
  const std::size_t from = text.find("range ");
  const std::size_t dots = text.find("..", from);
  return {std::stod(text.substr(from + 6)), std::stod(text.substr(dots + 2))};
}

// LeCaR's paper leaves its histories' bookkeeping open. The reference drew cached blocks by way of its hash table, some
// more likely than others: an even draw differs from it by these shares of the hits.
double relative_slack(const std::string& policy) {
  if (policy == "LeCaR") return 0.005;
  return policy == "Hyperbolic" ? 0.06 : 0.12;
}

double optimum(Replays& replays, std::uint64_t capacity) {
  return static_cast<double>(replays.of(*find_eviction_policy("belady"), capacity).counts.hits);
}

void check_randomised(Replays& replays, const std::string& trace) {
  std::size_t checked = 0;
  for (const auto& row : table_rows("eviction_reference.csv")) {
    if (row[0] != trace || row.back().find("randomised") == std::string::npos) continue;
    const EvictionEntry* policy = find_eviction_policy(row[1]);
    if (policy == nullptr) continue;  // Cacheus is not here
    const auto [least, most] = stated_range(row.back());
    double sum = 0;
    const int seeds = 4;
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
      sum += static_cast<double>(replays.of(*policy, std::stoull(row[2]), seed).counts.hits);
    }
    const double slack = relative_slack(row[1]) * most;
    INFO(row[1] << " at " << row[2] << ": " << row.back() << "; mean " << sum / seeds);
    CHECK(sum / seeds >= least - slack);
    // The reference's LHD was never trained, or hardly: so its rows say. One that learns does better, up to the
    // optimum.
    const double bound = row[1] == "LHD" ? optimum(replays, std::stoull(row[2])) : most + slack;
    CHECK(sum / seeds <= bound);
    ++checked;
  }
  CHECK(checked > 0);
}

void check_all(const std::string& trace) {
  const auto stream = shared_stream(trace);
  if (!stream) return;
  Replays replays(*stream);
  check_object_hits(replays, trace);
  check_sequences(replays, trace);
  check_leading_runs(replays, trace, 112);
}

void check_drawn(const std::string& trace) {
  const auto stream = shared_stream(trace);
  if (!stream) return;
  Replays replays(*stream);
  check_randomised(replays, trace);
}

}  // namespace

TEST_CASE("every deterministic policy gives the known hits, sequences and leading runs on the conversation trace") {
  check_all("mooncake_conversation");
}

TEST_CASE("every deterministic policy gives the known hits, sequences and leading runs on the agentic trace") {
  check_all("agentic512_dev");
}

TEST_CASE("policies that draw stay within the known ranges on the conversation trace") {
  check_drawn("mooncake_conversation");
}

TEST_CASE("policies that draw stay within the known ranges on the agentic trace") {
  check_drawn("agentic512_dev");
}

TEST_CASE("full blocks alone, by chained keys, give the known leading runs on the conversation trace") {
  const auto stream = shared_stream("mooncake_conversation", Tokens{512});
  if (!stream) return;
  Replays replays(*stream);
  check_leading_runs(replays, "mooncake_conversation_fullonly", 14);
}

// Source: "Trace oracle" under Mooncake in the project's collected facts; the paper says below half at 3 M tokens and
// nearly the maximum at 50 M.
TEST_CASE("one global cache of the conversation trace has the known prefix hit ratio at each capacity in tokens") {
  const auto stream = shared_stream("mooncake_conversation");
  if (!stream) return;
  const StackCurve curve = StackCurve::lru_by_request(*stream);
  const EvictionEntry& policy = *find_eviction_policy("lru-b");
  Replays replays(*stream);
  const std::vector<std::pair<std::size_t, std::string>> known = {
      {300'000, "0.0423"},    {1'000'000, "0.0533"},  {3'000'000, "0.1361"}, {10'000'000, "0.2852"},
      {30'000'000, "0.3588"}, {50'000'000, "0.3635"}, {93'588'480, "0.3664"}};
  for (const auto& [tokens, hit_ratio] : known) {
    const ReplayCounts& counts = replays.of(policy, tokens / 512).counts;
    INFO(tokens);
    CHECK(fmt::format("{:.4f}", double(counts.leading_run_hits) / double(counts.accesses)) == hit_ratio);
    CHECK(curve.at(tokens / 512).leading_run_hits == counts.leading_run_hits);
  }
}
