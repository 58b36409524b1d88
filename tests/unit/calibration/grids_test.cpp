#include <yaml-cpp/yaml.h>

#include <catch2/catch.hpp>
#include <set>

#include "calibration/bench/grid/grids.h"
#include "calibration/bench/grid/routing.h"
#include "calibration/bench/grid/shapes.h"

using namespace cleave::bench;

TEST_CASE("no grid has a point twice, and no cell breaks a CSV") {
  for (const ProbeSpec& spec : cuda_specs()) {
    INFO(spec.name);
    std::set<std::string> keys;
    for (std::size_t i = 0; i < spec.grid.rows.size(); ++i) keys.insert(Point(spec.grid, i).key());
    CHECK(keys.size() == spec.grid.rows.size());
    CHECK_FALSE(keys.empty());
    const auto commas = static_cast<std::ptrdiff_t>(spec.grid.axes.size() - 1);
    for (const std::string& key : keys) {
      CHECK(std::count(key.begin(), key.end(), ',') == commas);
      CHECK(key.find_first_of("\"\n") == std::string::npos);
    }
  }
}

TEST_CASE("names and tables of the probes are unique") {
  std::set<std::string> names;
  std::set<std::string> tables;
  for (const ProbeSpec& spec : cuda_specs()) {
    CHECK(names.insert(spec.name).second);
    CHECK(tables.insert(spec.table).second);
  }
}

TEST_CASE("all probes together fit into nine minutes") {
  double seconds = 0;
  for (const ProbeSpec& spec : cuda_specs()) {
    // What a point takes beside its timed repeats: buffers, plans, capture and warm-up.
    const double setup = 0.03;
    seconds += static_cast<double>(spec.grid.rows.size()) * (spec.rule.max_seconds + setup);
  }
  INFO(seconds << " s");
  CHECK(seconds < 9 * 60);
}

TEST_CASE("the shapes are those of the catalogue") {
  for (const ModelShape& shape : catalogue_shapes()) {
    INFO(shape.name);
    const YAML::Node model =
        YAML::LoadFile(std::string(CLEAVE_SOURCE_DIR) + "/models/catalog/llm/" + shape.name + ".yaml");
    const YAML::Node layers = model["layers"][0];
    CHECK(layers["count"].as<std::int64_t>() == shape.layers);
    CHECK(model["hidden"].as<std::int64_t>() == shape.hidden);
    CHECK(model["vocab"].as<std::int64_t>() == shape.vocab);
    CHECK(layers["attention"]["heads"].as<std::int64_t>() == shape.heads);
    CHECK(layers["attention"]["kv_heads"].as<std::int64_t>() == shape.kv_heads);
    CHECK(layers["attention"]["head_dim"].as<std::int64_t>() == shape.head_dim);
    CHECK(layers["mlp"]["inner"].as<std::int64_t>() == shape.inner);
    CHECK(layers["mlp"]["experts"].as<std::int64_t>(0) == shape.experts);
    CHECK(layers["mlp"]["top_k"].as<std::int64_t>(0) == shape.top_k);
  }
}

TEST_CASE("each token goes to distinct experts, and place inverts source") {
  for (const char* distribution : {"balanced", "power_law_1.2"}) {
    const Routing routing = route_tokens(50, 16, 4, distribution);
    int rows = 0;
    for (const int count : routing.rows_of_expert) rows += count;
    CHECK(rows == 200);
    std::set<int> places(routing.place.begin(), routing.place.end());
    CHECK(places.size() == 200);
    for (std::size_t i = 0; i < 200; ++i) {
      CHECK(routing.source[static_cast<std::size_t>(routing.place[i])] == static_cast<int>(i / 4));
    }
    for (const int count : routing.rows_of_expert) CHECK(count <= 50);
  }
}

TEST_CASE("a power law loads its first expert most, and balance loads all alike") {
  const Routing even = route_tokens(64, 16, 4, "balanced");
  for (const int count : even.rows_of_expert) CHECK(count == 16);
  const Routing skewed = route_tokens(64, 16, 4, "power_law_1.2");
  CHECK(skewed.rows_of_expert.front() > 2 * 16);
  CHECK(skewed.rows_of_expert.back() < 16);
}
