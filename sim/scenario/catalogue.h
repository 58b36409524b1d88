#pragma once
// The catalogue: hardware, language models, links, tiers, transfer protocols and codecs by name, each from one file of
// models/catalog.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "models/arch/llm_spec.h"
#include "models/hardware/device.h"
#include "models/hardware/link.h"
#include "models/hardware/tier.h"
#include "models/transfer/protocol.h"
#include "sim/scenario/engine_profile.h"

namespace cleave {

enum class CatalogueKind : std::uint8_t { hardware, llm, link, tier, protocol, codec, engine };

/// "hardware", "model", "link", "tier", "protocol", "codec": what diagnostics call an entry.
[[nodiscard]] std::string_view noun_of(CatalogueKind kind);

/// What is known of an entry besides its content.
struct CatalogueItem {
  CatalogueKind kind = CatalogueKind::hardware;
  std::string name;
  std::string description;
  std::filesystem::path file;
  std::uint64_t hash = 0;  // FNV-1a of the file's bytes
};

/// One number or text of an entry, for people: "compute.bf16.peak", "989 TFLOPS", "published", "NVIDIA data sheet".
/// Confidence and source are empty where an enclosing row states them.
struct CatalogueRow {
  std::string key;
  std::string value;
  std::string confidence;
  std::string source;
};

class Catalogue {
 public:
  /// Reads hardware/, llm/, links/, tiers/, protocols/ and codecs/ of `folder`, all *.yaml in order of their names.
  /// Errors: ConfigError naming every mistake of every file with its place, or a folder that is absent.
  [[nodiscard]] static Catalogue load(const std::filesystem::path& folder);

  // By name. Result: nullptr for an unknown one.
  [[nodiscard]] const DeviceSpec* find_device(std::string_view name) const;
  [[nodiscard]] const LlmSpec* find_llm(std::string_view name) const;
  [[nodiscard]] const LinkType* find_link(std::string_view name) const;
  [[nodiscard]] const TierSpec* find_tier(std::string_view name) const;
  [[nodiscard]] const ProtocolSpec* find_protocol(std::string_view name) const;
  [[nodiscard]] const CodecSpec* find_codec(std::string_view name) const;

  [[nodiscard]] const EngineProfile* find_engine(std::string_view name) const;

  // By name. Errors: ConfigError with `unknown_name` for an unknown one.
  [[nodiscard]] const DeviceSpec& device(std::string_view name) const;
  [[nodiscard]] const LlmSpec& llm(std::string_view name) const;
  [[nodiscard]] const TierSpec& tier(std::string_view name) const;
  [[nodiscard]] const ProtocolSpec& protocol(std::string_view name) const;
  [[nodiscard]] const CodecSpec& codec(std::string_view name) const;

  /// Lets other prices take the place of those of the entries.
  void reprice(const std::function<void(DeviceSpec&)>& device, const std::function<void(TierSpec&)>& tier);

  /// Every entry, by kind and then by name.
  [[nodiscard]] const std::vector<CatalogueItem>& items() const { return items_; }
  /// Where it was read from.
  [[nodiscard]] std::filesystem::path folder() const { return hardware_folder_.parent_path(); }
  /// Where the entries of devices lie, each beside a folder of what was measured on it.
  [[nodiscard]] const std::filesystem::path& hardware_folder() const { return hardware_folder_; }
  [[nodiscard]] std::vector<std::string_view> names(CatalogueKind kind) const;

  /// Entries of that name, of any kind (at most one of each).
  [[nodiscard]] std::vector<const CatalogueItem*> find_items(std::string_view name) const;

  /// "got "h100", expected a hardware entry of the catalogue: ...; did you mean `h100-sxm`?"
  [[nodiscard]] std::string unknown_name(CatalogueKind kind, std::string_view name) const;

  /// All numbers of an entry with their sources, then what follows from them.
  [[nodiscard]] std::vector<CatalogueRow> rows(const CatalogueItem& item) const;

 private:
  std::filesystem::path hardware_folder_;
  std::vector<CatalogueItem> items_;
  std::map<std::string, DeviceSpec, std::less<>> devices_;
  std::map<std::string, LlmSpec, std::less<>> llms_;
  std::map<std::string, LinkType, std::less<>> links_;
  std::map<std::string, TierSpec, std::less<>> tiers_;
  std::map<std::string, ProtocolSpec, std::less<>> protocols_;
  std::map<std::string, CodecSpec, std::less<>> codecs_;
  std::map<std::string, EngineProfile, std::less<>> engines_;
};

/// The catalogue's folder: ${CLEAVE_CATALOG}; else next to the program (<program>/../../models/catalog in a build tree,
/// <program>/../share/cleave/catalog when installed); else where this program was built.
/// Errors: ConfigError when CLEAVE_CATALOG names no folder, or none of the places exists.
[[nodiscard]] std::filesystem::path catalogue_folder();

}  // namespace cleave
