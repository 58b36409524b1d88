#include "sim/scenario/load.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "models/arch/kv_footprint.h"
#include "models/arch/parameters.h"
#include "sim/scenario/describe_scenario.h"
#include "sim/scenario/engine_profile.h"
#include "sim/scenario/include.h"
#include "sim/scenario/overrides.h"
#include "sim/scenario/paths.h"
#include "sim/scenario/pool_layout.h"
#include "sim/scenario/validate.h"
#include "sim/scenario/yaml_reader.h"

namespace cleave {
namespace {

void fill_in(Scenario& scenario, const std::filesystem::path& path) {
  if (scenario.name.empty()) scenario.name = path.stem().string();
  for (PoolParams& pool : scenario.pools) {
    if (pool.model.empty()) pool.model = scenario.model;
  }
  for (ClassParams& traffic_class : scenario.workload.classes) {
    if (traffic_class.model.empty()) traffic_class.model = scenario.model;
  }
}

/// Paged engines give state and KV pages of one size: a block has as many tokens as that takes. Pools of one model
/// agree on it, as they hand blocks over to each other.
void widen_blocks(Scenario& scenario, const Catalogue& catalogue) {
  std::map<std::string, Tokens> pages;
  for (const PoolParams& pool : scenario.pools) {
    const LlmSpec* model = catalogue.find_llm(pool.model);
    const auto layout = layout_of(pool);
    if (model == nullptr || !layout || layout_problem(*model, *layout)) continue;  // reported later
    const auto page = state_page(*model, *layout);
    if (page) pages[pool.model] = std::max(pages[pool.model], *page);
  }
  for (PoolParams& pool : scenario.pools) {
    const auto page = pages.find(pool.model);
    if (page == pages.end() || pool.engine.kv_layout != KvLayout::paged) continue;
    pool.engine.block_size = std::max(pool.engine.block_size, page->second);
  }
}

LoadedScenario resolve(IncludedTree read, const std::filesystem::path& path, const LoadOptions& options,
                       Diagnostics& diagnostics) {
  LoadedScenario loaded;
  std::optional<Catalogue> own;
  if (options.catalogue == nullptr) own = Catalogue::load(catalogue_folder());
  const Catalogue& catalogue = own ? *own : *options.catalogue;
  lay_over_profiles(read.tree, catalogue, diagnostics);
  read_document(read.tree, loaded.scenario, diagnostics);
  diagnostics.throw_if_any();
  fill_in(loaded.scenario, path);
  widen_blocks(loaded.scenario, catalogue);
  loaded.resolved_yaml = resolved_yaml(loaded.scenario);
  loaded.resolved_json = resolved_json(loaded.scenario);
  validate(loaded.scenario, catalogue, read.tree, diagnostics);
  expand_paths(loaded.scenario, read.tree, options.data_dir, options.need_files, diagnostics);
  diagnostics.throw_if_any();
  loaded.files = std::move(read.files);
  return loaded;
}

}  // namespace

LoadedScenario load_scenario(const std::filesystem::path& path, std::span<const std::string> overrides,
                             const LoadOptions& options) {
  Diagnostics diagnostics;
  auto read = read_with_includes(path, diagnostics);
  if (!read) diagnostics.throw_if_any();
  apply_overrides(read->tree, overrides, diagnostics);
  return resolve(std::move(*read), path, options, diagnostics);
}

LoadedScenario resolve_scenario(IncludedTree read, const std::filesystem::path& path, const LoadOptions& options) {
  Diagnostics diagnostics;
  return resolve(std::move(read), path, options, diagnostics);
}

}  // namespace cleave
