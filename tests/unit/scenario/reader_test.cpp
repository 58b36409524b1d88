#include <catch2/catch.hpp>

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "models/units/error.h"
#include "sim/scenario/yaml_parser.h"
#include "sim/scenario/yaml_reader.h"

namespace cleave {

enum class Colour { red, dark_green };
template <>
struct EnumNames<Colour> {
  static constexpr std::array values{NamedValue{Colour::red, "red"}, NamedValue{Colour::dark_green, "dark_green"}};
};

struct Circle {
  double radius = 1.0;
};
struct Square {
  std::uint32_t side = 2;
};
using Shape = std::variant<Circle, Square>;
template <>
struct Alternatives<Shape> {
  static constexpr std::array<std::string_view, 2> names{"circle", "square"};
};
template <>
inline constexpr bool kHasShortForm<Shape> = true;

/// Like a policy that may be absent: `sides` belongs to the polygon alone.
struct Figure {
  std::string kind = "circle";
  std::uint32_t size = 1;
  std::uint32_t sides = 3;
};

struct Everything {
  std::string name;
  Bytes memory{};
  std::optional<Duration> wait;
  Tokens tokens{7};
  std::uint64_t seed = 1;
  bool flag = false;
  Colour colour = Colour::red;
  Shape shape;
  std::optional<Figure> figure;
  std::vector<Shape> shapes;
  std::map<std::int64_t, double> weights;
};

template <class V>
void describe(V& v, Circle& circle) {
  v.field("radius", circle.radius, "its radius", above(0));
}
template <class V>
void describe(V& v, Square& square) {
  v.field("side", square.side, "its side", at_least(1).at_most(9));
}
template <class V>
void describe(V& v, Figure& figure) {
  v.field("kind", figure.kind, "which");
  v.field("size", figure.size, "how large");
  v.field_of(Owners{"kind", figure.kind, {"polygon"}}, "sides", figure.sides, "how many", at_least(3));
}
template <class V>
void describe(V& v, Everything& all) {
  v.field("name", all.name, "a name", required().not_empty());
  v.field("memory", all.memory, "how much", above(0));
  v.field("wait", all.wait, "how long");
  v.field("tokens", all.tokens, "how many");
  v.field("seed", all.seed, "of the random streams");
  v.field("flag", all.flag, "whether");
  v.field("colour", all.colour, "which colour");
  v.field("shape", all.shape, "which shape");
  v.field("figure", all.figure, "which figure, if any");
  v.field("shapes", all.shapes, "which shapes");
  v.field("weights", all.weights, "weight by size", above(0));
}

namespace {

Everything read(const std::string& yaml) {
  Diagnostics diagnostics;
  Everything all;
  if (const auto tree = parse_yaml(yaml, "t.yaml", diagnostics)) read_document(*tree, all, diagnostics);
  diagnostics.throw_if_any();
  return all;
}

std::string errors_of(const std::string& yaml) {
  try {
    (void)read(yaml);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "no error";
}

TEST_CASE("the reader fills every kind of field and leaves defaults where nothing is said") {
  const Everything all = read(
      "name: n\nmemory: 80 GiB\nwait: 1.5 ms\nseed: 18446744073709551615\ncolour: dark_green\n"
      "shape: {type: square, side: 3}\nshapes: [2.5, {type: circle, radius: 4}]\nweights: {1: 0.5, 20: 2}\n");
  CHECK(all.name == "n");
  CHECK(all.memory == Bytes{85899345920});
  CHECK(all.wait == Duration{1'500'000});
  CHECK(all.tokens == Tokens{7});
  CHECK(all.seed == 18446744073709551615ULL);
  CHECK(all.colour == Colour::dark_green);
  CHECK(std::get<Square>(all.shape).side == 3);
  REQUIRE(all.shapes.size() == 2);
  CHECK(std::get<Circle>(all.shapes[0]).radius == 2.5);
  CHECK(std::get<Circle>(all.shapes[1]).radius == 4);
  CHECK(all.weights == std::map<std::int64_t, double>{{1, 0.5}, {20, 2.0}});
}

TEST_CASE("of an optional map with another kind's key the key is told, and the rest is read") {
  Diagnostics diagnostics;
  const auto tree = parse_yaml("name: n\nfigure: {kind: circle, sides: 4, size: 8}", "t.yaml", diagnostics);
  REQUIRE(tree);
  Everything all;
  read_document(*tree, all, diagnostics);
  CHECK_THROWS_WITH(diagnostics.throw_if_any(),
                    "t.yaml:2:24: figure.sides: belongs to kind polygon; this is kind circle");
  REQUIRE(all.figure);
  CHECK(all.figure->kind == "circle");
  CHECK(all.figure->size == 8);
  CHECK(all.figure->sides == 3);
}

TEST_CASE("null takes an optional away and is refused elsewhere") {
  CHECK(!read("name: n\nwait: ~").wait);
  CHECK(errors_of("name: n\nmemory: ~").find("t.yaml:2:9: memory: got nothing, expected a size in bytes") == 0);
}

TEST_CASE("all errors of a document are reported at once, in its order, each with its position") {
  CHECK(errors_of("memory: 80\ncolour: rde\nshape: {type: square, radius: 2}\nflgs: 1\n") ==
        "t.yaml:1:1: name: missing, expected a name\n"
        "t.yaml:1:9: memory: got the bare number 80, expected a size in bytes such as \"80 GiB\", \"512 MB\"\n"
        "t.yaml:2:9: colour: got \"rde\", expected red or dark_green; did you mean `red`?\n"
        "t.yaml:3:23: shape.radius: belongs to type circle; this is type square\n"
        "t.yaml:4:1: flgs: unknown key; did you mean `flag`?");
}

TEST_CASE("texts of several lines are folded after > and kept as they are after |") {
  CHECK(read("name: >-\n  one\n  two\nseed: 3").name == "one two");
  CHECK(read("name: |\n  one\n  two's\nseed: 3").name == "one\ntwo's\n");
  CHECK(read("name: &n >\n  one\n\n  two\nseed: 3").name == "one\ntwo\n");
  CHECK(read("name: >-\n  7\nseed: 3").name == "7");
  CHECK(read("name: >-\n  one\nseed: 3").seed == 3);
}

TEST_CASE("an alias repeats what its anchor named") {
  const Everything all = read("name: n\nshape: &s {type: square, side: 5}\nshapes: [*s, *s]");
  REQUIRE(all.shapes.size() == 2);
  CHECK(std::get<Square>(all.shapes[1]).side == 5);
}

}  // namespace
}  // namespace cleave
