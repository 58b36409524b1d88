#include "sim/validation/names.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>
#include <vector>

namespace cleave {
namespace {

std::string plain(std::string_view text) {
  std::string kept;
  for (const char c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.') {
      kept.push_back(static_cast<char>(std::tolower(static_cast<unsigned char>(c))));
    }
  }
  return kept;
}

/// Names that say the same as an entry in other words.
using Alias = std::pair<std::string_view, std::string_view>;

constexpr std::array kDevices{
    Alias{"nvidiaa100sxm480gb", "a100-80-sxm"},
    Alias{"nvidiaa100sxm440gb", "a100-40-sxm"},
    Alias{"a10080gb", "a100-80-sxm"},
    Alias{"a10040gb", "a100-40-sxm"},
    Alias{"a100sxm", "a100-80-sxm"},
    Alias{"a100", "a100-80-sxm"},
    Alias{"nvidiah10080gbhbm3", "h100-sxm"},
    Alias{"h10080gb", "h100-sxm"},
    Alias{"nvidiah200", "h200-sxm"},
    Alias{"rtxpro6000server", "rtx-pro-6000"},
    Alias{"nvidiab200", "b200-sxm"},
    Alias{"nvidial40s", "l40s"},
    Alias{"gb200", "gb200-nvl72"},
    Alias{"gb300", "gb300-nvl72"},
};

/// Releases whose layers are those of an entry. Sources: their config.json.
constexpr std::array kModels{
    Alias{"llama3.370b", "llama-3.1-70b"}, Alias{"llama370b", "llama-3.1-70b"},
    Alias{"llama38b", "llama-3.1-8b"},     Alias{"llama270b", "llama-2-70b"},
    Alias{"deepseekr1", "deepseek-v3"},    Alias{"deepseekv3.1", "deepseek-v3"},
    Alias{"kimik2.5", "kimi-k2"},          Alias{"glm5", "glm-5.2"},
    Alias{"minimaxm2", "minimax-m2.5"},    Alias{"minimaxm2.1", "minimax-m2.5"},
};

template <std::size_t N>
std::string_view aliased(const std::array<Alias, N>& aliases, std::string_view name) {
  const auto at = std::find_if(aliases.begin(), aliases.end(), [&](const Alias& a) { return a.first == name; });
  return at == aliases.end() ? std::string_view{} : at->second;
}

/// The only entry that begins with `name`, or that `name` begins with.
std::optional<std::string> only_match(const Catalogue& catalogue, CatalogueKind kind, const std::string& name,
                                      bool may_be_prefix) {
  std::vector<std::string> found;
  for (const std::string_view entry : catalogue.names(kind)) {
    const std::string entry_plain = plain(entry);
    if (entry_plain == name) return std::string(entry);
    if (may_be_prefix && entry_plain.starts_with(name)) found.emplace_back(entry);
  }
  if (found.size() != 1) return std::nullopt;
  return found.front();
}

/// Ends of names that tell the tuning or the number format, not the layers.
constexpr std::array<std::string_view, 16> kSuffixes{"instruct", "chat", "hf",       "fp8",    "nvfp4", "mxfp4",
                                                     "fp4",      "bf16", "thinking", "int4",   "0528",  "2507",
                                                     "2506",     "kv",   "w4a16",    "dynamic"};

}  // namespace

std::optional<std::string> device_called(const Catalogue& catalogue, std::string_view name) {
  const std::string wanted = plain(name);
  if (const std::string_view alias = aliased(kDevices, wanted);
      !alias.empty() && catalogue.find_device(alias) != nullptr) {
    return std::string(alias);
  }
  return only_match(catalogue, CatalogueKind::hardware, wanted, true);
}

std::optional<std::string> model_called(const Catalogue& catalogue, std::string_view name) {
  if (const std::size_t slash = name.rfind('/'); slash != std::string_view::npos) name.remove_prefix(slash + 1);
  std::string wanted = plain(name);
  for (bool cut = true; cut;) {
    cut = false;
    if (const auto exact = only_match(catalogue, CatalogueKind::llm, wanted, false)) return exact;
    if (const std::string_view alias = aliased(kModels, wanted);
        !alias.empty() && catalogue.find_llm(alias) != nullptr) {
      return std::string(alias);
    }
    for (const std::string_view suffix : kSuffixes) {
      if (!wanted.ends_with(suffix) || wanted.size() == suffix.size()) continue;
      wanted.resize(wanted.size() - suffix.size());
      cut = true;
      break;
    }
  }
  // "llama-3.1-70b" beside an entry "llama-3.1-70b-..." of the same release.
  if (wanted.starts_with("meta")) return model_called(catalogue, std::string_view(wanted).substr(4));
  return std::nullopt;
}

std::optional<std::string> weight_dtype_in(std::string_view model) {
  const std::string text = plain(model);
  if (text.find("fp4") != std::string::npos || text.find("int4") != std::string::npos) return "fp4";
  if (text.find("fp8") != std::string::npos) return "fp8";
  return std::nullopt;
}

}  // namespace cleave
