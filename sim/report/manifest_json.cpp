#include "sim/report/manifest_json.h"

#include <fstream>
#include <nlohmann/json.hpp>

#include "models/units/check.h"

namespace cleave {
namespace {

constexpr const char* kKind = "cleave run";

}  // namespace

std::string manifest_json(const RunFacts& facts, std::span<const std::string> files) {
  using Json = nlohmann::ordered_json;
  Json out = {{"kind", kKind},
              {"version", facts.version},
              {"scenario", facts.scenario},
              {"seed", facts.seed},
              {"interrupted", facts.interrupted}};
  out["files"] = Json(files);
  out["catalogue"] = Json::object();
  for (const CatalogueFile& file : facts.catalogue) out["catalogue"][file.path] = file.hash;
  if (!facts.resolved_json.empty()) {
    Json resolved = Json::parse(facts.resolved_json, nullptr, false);
    SIM_CHECK(!resolved.is_discarded(), "the resolved scenario is not JSON");
    out["resolved_scenario"] = std::move(resolved);
  }
  return out.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

bool is_run_folder(const std::filesystem::path& folder) {
  std::ifstream in(folder / "manifest.json");
  const auto manifest = nlohmann::json::parse(in, nullptr, false);
  return manifest.is_object() && manifest.contains("kind") && manifest["kind"] == kKind;
}

}  // namespace cleave
