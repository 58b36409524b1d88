#include <nlohmann/json.hpp>

#include "sim/scenario/describe_scenario.h"
#include "sim/scenario/load.h"
#include "sim/scenario/schema_writer.h"

namespace cleave {

std::string scenario_schema() {
  using Json = nlohmann::ordered_json;
  Json schema{{"$schema", "https://json-schema.org/draft/2020-12/schema"},
              {"title", "cleave scenario"},
              {"description", "One run of the simulator. Quantities are texts with their unit."}};
  schema.update(schema_of<Scenario>(Rule{}));
  Json& include = schema["properties"]["include"];
  include["description"] = "another scenario file, or several; this one overrides them";
  include["oneOf"] = Json::array({{{"type", "string"}}, {{"type", "array"}, {"items", {{"type", "string"}}}}});
  return schema.dump(2) + "\n";
}

}  // namespace cleave
