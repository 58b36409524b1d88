#include "sim/app/kinds.h"

#include <fmt/format.h>

#include <array>

#include "models/units/error.h"
#include "sim/kv/eviction/policy_table.h"
#include "sim/policy/registry.h"
#include "sim/scenario/catalogue.h"
#include "sim/scenario/diagnostics.h"
#include "sim/workload/known_traces.h"

namespace cleave {
namespace {

template <CatalogueKind kind>
std::vector<Listed> catalogue_entries() {
  std::vector<Listed> rows;
  const Catalogue catalogue = Catalogue::load(catalogue_folder());
  for (const CatalogueItem& item : catalogue.items()) {
    if (item.kind == kind) rows.push_back({item.name, item.description});
  }
  return rows;
}

std::string with_parameters(std::string_view help, std::span<const std::string_view> parameters) {
  std::string note(help);
  for (const std::string_view parameter : parameters) note += fmt::format("; takes {}", parameter);
  return note;
}

std::vector<Listed> policies() {
  std::vector<Listed> rows;
  for (const RoutePolicyEntry& entry : route_policies()) {
    rows.push_back({std::string(entry.name), with_parameters(entry.help, entry.parameters)});
  }
  return rows;
}

std::vector<Listed> admissions() {
  std::vector<Listed> rows;
  for (const AdmissionPolicyEntry& entry : admission_policies()) {
    rows.push_back({std::string(entry.name), with_parameters(entry.help, entry.parameters)});
  }
  return rows;
}

std::vector<Listed> disaggregations() {
  std::vector<Listed> rows;
  for (const DisaggregationPolicyEntry& entry : disaggregation_policies()) {
    rows.push_back({std::string(entry.name), with_parameters(entry.help, entry.parameters)});
  }
  return rows;
}

std::vector<Listed> evictions() {
  std::vector<Listed> rows;
  for (const EvictionEntry& entry : eviction_policies()) rows.push_back({std::string(entry.name), std::string(entry.help)});
  return rows;
}

std::vector<Listed> arrivals() {
  return {{"poisson", "independent arrivals at a mean rate"},
          {"gamma", "burstier or smoother than Poisson, by the coefficient of variation of the gaps"},
          {"deterministic", "equal gaps"},
          {"piecewise", "Poisson with a rate that is linear between points; can repeat daily"},
          {"servegen", "each client's recorded rates, from a ServeGen folder or archive"},
          {"closed_loop", "so many clients, each waits for its answer, thinks and asks again"}};
}

std::vector<Listed> lengths() {
  return {{"fixed", "always the same"},
          {"uniform", "every length of a range as likely as any other"},
          {"lognormal", "by median and sigma, clipped"},
          {"histogram", "recorded frequencies, inline or from a file"}};
}

std::vector<Listed> trace_formats() {
  return {{"mooncake", "JSON lines with 512-token block ids"},
          {"azure", "CSV of the Azure LLM inference traces"},
          {"burstgpt", "CSV of BurstGPT"},
          {"agentic", "JSON lines of agents' sessions, with tool gaps and sub-agents"},
          {"cleave", "this program's own CSV: cleave trace convert writes it"}};
}

std::vector<Listed> datasets() {
  std::vector<Listed> rows;
  for (const KnownTrace& trace : known_traces()) {
    rows.push_back({std::string(trace.file), fmt::format("{} ({})", trace.source, trace.licence)});
  }
  return rows;
}

std::vector<Listed> faults() {
  return {{"crash", "a replica loses its KV and its requests, and restarts"},
          {"link", "a replica's network links run slower, or not at all, for a while"},
          {"lost_message", "one hand-off notice is lost"}};
}

constexpr std::array kKinds{
    Kind{"hardware", "accelerators of the catalogue", catalogue_entries<CatalogueKind::hardware>, true},
    Kind{"models", "language models of the catalogue", catalogue_entries<CatalogueKind::llm>, true},
    Kind{"links", "networks and buses of the catalogue", catalogue_entries<CatalogueKind::link>, true},
    Kind{"tiers", "memories and storage of the catalogue", catalogue_entries<CatalogueKind::tier>, true},
    Kind{"protocols", "ways to move KV", catalogue_entries<CatalogueKind::protocol>, true},
    Kind{"codecs", "what shrinks KV on its way", catalogue_entries<CatalogueKind::codec>, true},
    Kind{"policies", "how a router chooses a replica", policies},
    Kind{"admissions", "when requests are turned away", admissions},
    Kind{"disaggregations", "whether a prompt is computed apart from where it is decoded", disaggregations},
    Kind{"evictions", "which cached block goes first, for `cleave cache`", evictions},
    Kind{"engines", "whose scheduling a replica follows", catalogue_entries<CatalogueKind::engine>, true},
    Kind{"arrivals", "when synthetic requests arrive", arrivals},
    Kind{"lengths", "how many tokens they have", lengths},
    Kind{"traces", "formats of recorded traffic", trace_formats},
    Kind{"datasets", "public traces and where to get them", datasets},
    Kind{"faults", "what can go wrong on schedule", faults},
};

}  // namespace

std::span<const Kind> kinds() {
  return kKinds;
}

const Kind& find_kind(std::string_view name) {
  std::vector<std::string_view> names;
  for (const Kind& kind : kKinds) {
    if (kind.name == name) return kind;
    names.push_back(kind.name);
  }
  throw ConfigError(
      fmt::format("list: unknown kind `{}`, expected {}{}", name, listing(names), suggestion(name, names)));
}

}  // namespace cleave
