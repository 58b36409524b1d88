// Memory and storage that keep KV, and what routers knew of them.

#include <fmt/format.h>

#include <algorithm>

#include "sim/report/html/markup.h"
#include "sim/report/html/sections.h"
#include "sim/report/html/widgets.h"
#include "sim/report/humanise.h"

namespace cleave::html {
namespace {

std::string state_bar(const StorageFacts& storage) {
  double whole = 0;
  for (const NumberFact& state : storage.byte_seconds) whole += state.value;
  std::vector<BarPart> parts;
  for (std::size_t i = 0; i < storage.byte_seconds.size(); ++i) {
    const NumberFact& state = storage.byte_seconds[i];
    const double share = whole > 0 ? state.value / whole : 0;
    parts.push_back({share, static_cast<int>(i), state.name + " " + human::percent(share)});
  }
  return bar_row(storage.name, bar(parts), storage.medium);
}

}  // namespace

std::string storage_section(const ReportView& view) {
  const RunFacts& facts = view.facts;
  std::string out;
  if (!facts.storage.empty()) {
    std::string body;
    for (const StorageFacts& storage : facts.storage) body += state_bar(storage);
    std::vector<LegendEntry> states;
    for (std::size_t i = 0; i < facts.storage.front().byte_seconds.size(); ++i) {
      states.push_back({static_cast<int>(i), facts.storage.front().byte_seconds[i].name, ""});
    }
    body += legend(states);
    for (const StorageFacts& storage : facts.storage) {
      if (storage.numbers.empty()) continue;
      body += fmt::format("<h3>{}</h3>\n", escape(storage.name)) + number_table(storage.numbers);
    }
    out += section("KV in memory and storage",
                   "What the bytes that can keep KV did, over the whole run: idle ones hold KV that nobody uses at the "
                   "moment and a later turn may.",
                   body);
  }
  if (facts.gc) {
    std::vector<NumberFact> numbers = facts.gc->numbers;
    if (const auto& reclaim = facts.gc->reclaim) {
      numbers.insert(numbers.end(), {{"time_to_reclaim_p50_s", reclaim->p50},
                                     {"time_to_reclaim_p99_s", reclaim->p99},
                                     {"time_to_reclaim_max_s", reclaim->max}});
    }
    out +=
        section("KV held for somebody elsewhere",
                "Claims of replicas on KV that another memory keeps, ended by the scheme " + escape(facts.gc->scheme) +
                    ". Leaked byte-seconds were kept for nobody; a premature free took what somebody still needed.",
                number_table(numbers));
  }
  if (!facts.prefix_index.empty()) {
    out +=
        section("What the router knew",
                "Belief against truth at the moment of each decision. A false hit is KV that was believed to be there "
                "and was not; a missed hit the reverse; wasted prefill had been cached at a candidate.",
                number_table(facts.prefix_index));
  }
  return out;
}

}  // namespace cleave::html
