// A catalogue entry as rows for people, by the same descriptions that read it.

#include <fmt/format.h>

#include <concepts>
#include <type_traits>
#include <variant>

#include "models/arch/kv_footprint.h"
#include "models/arch/parameters.h"
#include "models/units/text.h"
#include "sim/scenario/catalogue.h"
#include "sim/scenario/catalogue_fields.h"
#include "sim/scenario/yaml_reader.h"

namespace cleave {
namespace {

template <class T>
inline constexpr bool kIsSourced = false;
template <class T>
inline constexpr bool kIsSourced<Sourced<T>> = true;

template <class T>
std::string text_of(const T& value) {
  if constexpr (TextQuantity<T>)
    return format(value);
  else if constexpr (std::same_as<T, bool>)
    return value ? "true" : "false";
  else if constexpr (std::is_enum_v<T>)
    return std::string(name_of(value));
  else
    return fmt::format("{}", value);
}

/// Appends a row for each leaf; keys join the path with dots.
class RowWriter {
 public:
  RowWriter(std::vector<CatalogueRow>& rows, std::string prefix) : rows_(rows), prefix_(std::move(prefix)) {}

  template <class T>
  void field(std::string_view key, T& member, std::string_view, const Rule& = {}) {
    add(prefix_.empty() ? std::string(key) : prefix_ + "." + std::string(key), member);
  }

 private:
  template <class T>
  void add(const std::string& key, T& member) {
    if constexpr (kIsSourced<T>) {
      rows_.push_back({key, text_of(member.value), text_of(member.confidence), member.source});
    } else if constexpr (reader::kIsOptional<T>) {
      if (member) add(key, *member);
    } else if constexpr (reader::kIsVector<T>) {
      for (std::size_t i = 0; i < member.size(); ++i) add(fmt::format("{}[{}]", key, i), member[i]);
    } else if constexpr (reader::kIsVariant<T>) {
      rows_.push_back({key + ".type", std::string(Alternatives<T>::names[member.index()]), {}, {}});
      std::visit([&](auto& alternative) { add(key, alternative); }, member);
    } else if constexpr (std::is_arithmetic_v<T> || std::is_enum_v<T> || std::same_as<T, std::string> ||
                         TextQuantity<T>) {
      rows_.push_back({key, text_of(member), {}, {}});
    } else {
      RowWriter nested(rows_, key);
      describe(nested, member);
    }
  }

  std::vector<CatalogueRow>& rows_;
  std::string prefix_;
};

template <class Spec>
std::vector<CatalogueRow> rows_of(Spec spec) {  // a copy: descriptions name mutable members, for the reader
  std::vector<CatalogueRow> rows;
  RowWriter writer(rows, {});
  describe(writer, spec);
  return rows;
}

std::string one_line(const Tree& value) {
  if (value.kind != Tree::Kind::list) return value.scalar;
  std::string text;
  for (const Tree& item : value.items) text += (text.empty() ? "" : ", ") + item.scalar;
  return text;
}

std::vector<CatalogueRow> rows_of_engine(const EngineProfile& profile) {
  std::vector<CatalogueRow> rows;
  const auto add = [&](const std::string& prefix, const std::vector<EngineSetting>& settings) {
    for (const EngineSetting& s : settings) {
      rows.push_back({prefix + s.key, one_line(s.value), std::string(name_of(s.confidence)), s.source});
    }
  };
  add("", profile.settings);
  for (const MemoryCase& one : profile.by_memory) {
    add(one.at_least ? fmt::format("[{} or more] ", format(*one.at_least)) : "[less] ", one.settings);
  }
  return rows;
}

void add_derived(std::vector<CatalogueRow>& rows, const LlmSpec& model) {
  const auto row = [&](std::string key, std::string value, std::string source) {
    rows.push_back({"derived." + std::move(key), std::move(value), "derived", std::move(source)});
  };
  const auto billions = [](double count) { return fmt::format("{:.2f}e9", count * 1e-9); };
  const ParameterCount count = parameter_count(model);
  row("parameters", billions(count.total), "the matrices of all layers, embeddings and output projection");
  row("active_parameters", billions(count.active), "without unused experts and the embedding table");
  row("linear_flops_per_token", fmt::format("{:.4g}", linear_flops_per_token(model).value()),
      "two for each weight used, output projection left out");
  for (const Dtype dtype : {Dtype::bf16, Dtype::fp8}) {
    ReplicaLayout layout;
    layout.kv = dtype;
    const KvFootprint kv = kv_footprint(model, layout);
    const std::string name = dtype == Dtype::bf16 ? "bf16" : "fp8";
    row("kv_bytes_per_token_" + name, fmt::format("{:.10g}", kv.growing), "entries of all layers that grow");
    if (kv.constant().value() > 0) {
      row("kv_constant_" + name, format(kv.constant()), "windows and state of one sequence");
    }
  }
}

}  // namespace

std::vector<CatalogueRow> Catalogue::rows(const CatalogueItem& item) const {
  switch (item.kind) {
    case CatalogueKind::hardware:
      return rows_of(devices_.at(item.name));
    case CatalogueKind::link:
      return rows_of(links_.at(item.name));
    case CatalogueKind::tier:
      return rows_of(tiers_.at(item.name));
    case CatalogueKind::protocol:
      return rows_of(protocols_.at(item.name));
    case CatalogueKind::codec:
      return rows_of(codecs_.at(item.name));
    case CatalogueKind::engine:
      return rows_of_engine(engines_.at(item.name));
    case CatalogueKind::llm:
      break;
  }
  std::vector<CatalogueRow> rows = rows_of(llms_.at(item.name));
  add_derived(rows, llms_.at(item.name));
  return rows;
}

}  // namespace cleave
