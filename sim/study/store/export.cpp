#include "sim/study/store/export.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>
#include <vector>

#include "models/units/error.h"
#include "sim/report/number_text.h"
#include "sim/study/expression/json_names.h"
#include "sim/study/store/default_columns.h"
#include "sim/study/sweep/read_study.h"

namespace cleave {
namespace {

using Json = nlohmann::ordered_json;

struct Derived {
  std::string name;
  Expression formula;
};

/// What is asked of each run's summary.
class Columns {
 public:
  explicit Columns(const StudyParams& study) : names_(study.columns) {
    if (names_.empty()) names_.assign(kDefaultColumns.begin(), kDefaultColumns.end());
    for (const auto& [name, text] : study.derived) derived_.push_back({name, Expression::parse(text)});
  }

  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> all = names_;
    for (const Derived& derived : derived_) all.push_back(derived.name);
    return all;
  }

  /// Shape: one value a name; null: undefined.
  [[nodiscard]] std::vector<Json> of(const Json& summary) const {
    std::vector<Json> values;
    const NameLookup lookup = [&](std::string_view name) { return looked_up(summary, name); };
    for (const std::string& name : names_) values.push_back(as_json(*looked_up(summary, name)));
    for (const Derived& derived : derived_) values.push_back(as_json(derived.formula.value(lookup)));
    return values;
  }

 private:
  static std::optional<ExpressionValue> looked_up(const Json& summary, std::string_view name) {
    if (auto value = value_in_json(summary, name)) return value;
    throw ConfigError(
        fmt::format("column `{}`: summary.json has no such value{}", name, suggestion_in_json(summary, name)));
  }
  static Json as_json(const ExpressionValue& value) {
    if (const double* number = std::get_if<double>(&value)) return *number;
    if (const std::string* text = std::get_if<std::string>(&value)) return *text;
    return nullptr;
  }

  std::vector<std::string> names_;
  std::vector<Derived> derived_;
};

void append_cell(std::string& out, const Json& value) {
  out += ',';
  if (value.is_null()) return;
  if (value.is_number_float()) {
    append_real(out, value.get<double>());
  } else {
    append_csv_text(out, value.is_string() ? value.get<std::string>() : value.dump());
  }
}

std::vector<std::string> setting_names(const ResultStore& store) {
  std::set<std::string> names;
  store.each([&](const PointRow& point, const RunKey&, const std::optional<RunRow>&) {
    const Json settings = Json::parse(point.settings);
    for (const auto& entry : settings.items()) names.insert(entry.key());
  });
  return {names.begin(), names.end()};
}

std::string_view status_of(const std::optional<RunRow>& run) {
  return run ? name_of(run->status) : "unfinished";
}

}  // namespace

std::string export_csv(const ResultStore& store) {
  const Columns columns(read_study_text(store.study(), "study").params);
  const auto settings = setting_names(store);
  std::string out = "point,seed,status";
  for (const std::string& name : settings) append_cell(out, name);
  for (const std::string& name : columns.names()) append_cell(out, name);
  out += ",error\n";
  store.each([&](const PointRow& point, const RunKey& key, const std::optional<RunRow>& run) {
    out += fmt::format("{},{},{}", key.point, key.seed, status_of(run));
    const Json own = Json::parse(point.settings);
    for (const std::string& name : settings) append_cell(out, own.contains(name) ? own[name] : Json(nullptr));
    const bool done = run && run->status == RunStatus::done;
    const auto values = done ? columns.of(Json::parse(run->summary)) : std::vector<Json>(columns.names().size());
    for (const Json& value : values) append_cell(out, value);
    append_cell(out, run && !run->error.empty() ? Json(run->error) : Json(nullptr));
    out += '\n';
  });
  return out;
}

std::string export_json(const ResultStore& store) {
  const StudyParams study = read_study_text(store.study(), "study").params;
  const Columns columns(study);
  const auto names = columns.names();
  std::string out = "[";
  store.each([&](const PointRow& point, const RunKey& key, const std::optional<RunRow>& run) {
    Json row{{"point", key.point}, {"seed", key.seed}, {"status", status_of(run)}};
    row["settings"] = Json::parse(point.settings);
    if (run && run->status == RunStatus::done) {
      const Json summary = Json::parse(run->summary);
      const auto values = columns.of(summary);
      for (std::size_t i = 0; i < names.size(); ++i) row["values"][names[i]] = values[i];
      if (study.columns.empty()) row["summary"] = summary;
    }
    if (run && !run->error.empty()) row["error"] = run->error;
    out += (out.size() > 1 ? ",\n" : "\n") + row.dump();
  });
  return out + "\n]\n";
}

}  // namespace cleave
