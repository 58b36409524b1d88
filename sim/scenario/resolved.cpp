#include <nlohmann/json.hpp>

#include "sim/scenario/describe_scenario.h"
#include "sim/scenario/load.h"
#include "sim/scenario/value_writer.h"
#include "sim/scenario/yaml_text.h"

namespace cleave {

std::string resolved_yaml(const Scenario& scenario) {
  return yaml_text(json_of(scenario));
}

std::string resolved_json(const Scenario& scenario) {
  return json_of(scenario).dump(2) + "\n";
}

}  // namespace cleave
