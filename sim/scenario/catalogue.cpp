#include "sim/scenario/catalogue.h"

#include <fmt/format.h>

#include <algorithm>
#include <type_traits>
#include <utility>

#include "models/units/error.h"
#include "sim/scenario/catalogue_check.h"
#include "sim/scenario/catalogue_fields.h"
#include "sim/scenario/diagnostics.h"
#include "sim/scenario/yaml_parser.h"
#include "sim/scenario/yaml_reader.h"

namespace cleave {
namespace {

namespace fs = std::filesystem;

/// Source: Fowler, Noll, Vo; the 64-bit offset basis and prime of FNV-1a.
std::uint64_t fnv1a(std::string_view bytes) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char byte : bytes) hash = (hash ^ static_cast<unsigned char>(byte)) * 1099511628211ULL;
  return hash;
}

std::vector<fs::path> yaml_files(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (entry.is_regular_file() && entry.path().extension() == ".yaml") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

struct Loader {
  std::vector<CatalogueItem>& items;
  Diagnostics& diagnostics;

  template <class Spec>
  void read_folder(const fs::path& folder, CatalogueKind kind, std::map<std::string, Spec, std::less<>>& specs) {
    if (!fs::is_directory(folder)) {
      diagnostics.add({folder.string()}, "", "got no such folder, expected a folder of the catalogue");
      return;
    }
    for (const fs::path& file : yaml_files(folder)) read_entry(file, kind, specs);
  }

  template <class Spec>
  void read_entry(const fs::path& file, CatalogueKind kind, std::map<std::string, Spec, std::less<>>& specs) {
    const auto tree = parse_yaml_file(file, diagnostics);
    const auto bytes = read_text_file(file);
    if (!tree || !bytes) return;
    Spec spec;
    spec.name = file.stem().string();
    if constexpr (std::is_same_v<Spec, EngineProfile>) {
      spec = read_engine_profile(*tree, spec.name, diagnostics);
    } else {
      const std::size_t before = diagnostics.count();
      read_document(*tree, spec, diagnostics);
      if (diagnostics.count() == before) check_entry(spec, *tree, diagnostics);
    }
    items.push_back({kind, spec.name, spec.description, file, fnv1a(*bytes)});
    specs.emplace(spec.name, std::move(spec));
  }
};

template <class Spec>
const Spec* find_in(const std::map<std::string, Spec, std::less<>>& specs, std::string_view name) {
  const auto found = specs.find(name);
  return found == specs.end() ? nullptr : &found->second;
}

}  // namespace

std::string_view noun_of(CatalogueKind kind) {
  switch (kind) {
    case CatalogueKind::hardware:
      return "hardware";
    case CatalogueKind::llm:
      return "model";
    case CatalogueKind::link:
      return "link";
    case CatalogueKind::tier:
      return "tier";
    case CatalogueKind::protocol:
      return "protocol";
    case CatalogueKind::codec:
      return "codec";
    case CatalogueKind::engine:
      return "engine";
  }
  return {};
}

Catalogue Catalogue::load(const fs::path& folder) {
  Catalogue catalogue;
  Diagnostics diagnostics;
  catalogue.hardware_folder_ = folder / "hardware";
  Loader loader{catalogue.items_, diagnostics};
  loader.read_folder(folder / "hardware", CatalogueKind::hardware, catalogue.devices_);
  loader.read_folder(folder / "llm", CatalogueKind::llm, catalogue.llms_);
  loader.read_folder(folder / "links", CatalogueKind::link, catalogue.links_);
  loader.read_folder(folder / "tiers", CatalogueKind::tier, catalogue.tiers_);
  loader.read_folder(folder / "protocols", CatalogueKind::protocol, catalogue.protocols_);
  loader.read_folder(folder / "codecs", CatalogueKind::codec, catalogue.codecs_);
  loader.read_folder(folder / "engine", CatalogueKind::engine, catalogue.engines_);
  diagnostics.throw_if_any();
  return catalogue;
}

void Catalogue::reprice(const std::function<void(DeviceSpec&)>& device, const std::function<void(TierSpec&)>& tier) {
  for (auto& [name, spec] : devices_) device(spec);
  for (auto& [name, spec] : tiers_) tier(spec);
}

const EngineProfile* Catalogue::find_engine(std::string_view name) const {
  return find_in(engines_, name);
}
const DeviceSpec* Catalogue::find_device(std::string_view name) const {
  return find_in(devices_, name);
}
const LlmSpec* Catalogue::find_llm(std::string_view name) const {
  return find_in(llms_, name);
}
const LinkType* Catalogue::find_link(std::string_view name) const {
  return find_in(links_, name);
}
const TierSpec* Catalogue::find_tier(std::string_view name) const {
  return find_in(tiers_, name);
}
const ProtocolSpec* Catalogue::find_protocol(std::string_view name) const {
  return find_in(protocols_, name);
}
const CodecSpec* Catalogue::find_codec(std::string_view name) const {
  return find_in(codecs_, name);
}

const DeviceSpec& Catalogue::device(std::string_view name) const {
  if (const DeviceSpec* found = find_device(name)) return *found;
  throw ConfigError(unknown_name(CatalogueKind::hardware, name));
}

const LlmSpec& Catalogue::llm(std::string_view name) const {
  if (const LlmSpec* found = find_llm(name)) return *found;
  throw ConfigError(unknown_name(CatalogueKind::llm, name));
}

const TierSpec& Catalogue::tier(std::string_view name) const {
  if (const TierSpec* found = find_tier(name)) return *found;
  throw ConfigError(unknown_name(CatalogueKind::tier, name));
}

const ProtocolSpec& Catalogue::protocol(std::string_view name) const {
  if (const ProtocolSpec* found = find_protocol(name)) return *found;
  throw ConfigError(unknown_name(CatalogueKind::protocol, name));
}

const CodecSpec& Catalogue::codec(std::string_view name) const {
  if (const CodecSpec* found = find_codec(name)) return *found;
  throw ConfigError(unknown_name(CatalogueKind::codec, name));
}

std::vector<std::string_view> Catalogue::names(CatalogueKind kind) const {
  std::vector<std::string_view> names;
  for (const CatalogueItem& item : items_) {
    if (item.kind == kind) names.push_back(item.name);
  }
  return names;
}

std::vector<const CatalogueItem*> Catalogue::find_items(std::string_view name) const {
  std::vector<const CatalogueItem*> found;
  for (const CatalogueItem& item : items_) {
    if (item.name == name) found.push_back(&item);
  }
  return found;
}

std::string Catalogue::unknown_name(CatalogueKind kind, std::string_view name) const {
  const auto known = names(kind);
  return fmt::format("got \"{}\", expected a {} entry of the catalogue: {}{}", name, noun_of(kind), listing(known),
                     suggestion(name, known));
}

}  // namespace cleave
