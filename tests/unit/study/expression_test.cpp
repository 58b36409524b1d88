// Expressions over named values.

#include "sim/study/expression/expression.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "models/units/error.h"
#include "sim/study/expression/json_names.h"

namespace cleave {
namespace {

using Catch::Contains;
using Json = nlohmann::ordered_json;

const Json kValues = Json::parse(R"({
  "a": 6, "b": 4, "zero": 0, "none": null, "yes": true, "name": "h100",
  "ttft_s": {"p99": 0.25},
  "pools": [{"name": "prefill", "replicas": 2, "rate": "400 Gb/s"}, {"name": "long-context", "replicas": 8}]
})");

ExpressionValue value(const std::string& text) {
  return Expression::parse(text).value([](std::string_view name) { return value_in_json(kValues, name); });
}
double number(const std::string& text) {
  INFO(text);
  const ExpressionValue result = value(text);
  REQUIRE(std::holds_alternative<double>(result));
  return std::get<double>(result);
}
bool undefined(const std::string& text) {
  return std::holds_alternative<std::monostate>(value(text));
}

TEST_CASE("operators bind as in arithmetic") {
  CHECK(number("1 + 2 * 3") == 7);
  CHECK(number("(1 + 2) * 3") == 9);
  CHECK(number("2 ^ 3 ^ 2") == 512);
  CHECK(number("-2 ^ 2") == -4);
  CHECK(number("10 - 4 - 3") == 3);
  CHECK(number("24 / 4 / 2") == 3);
  CHECK(number("1 < 2 and not 3 < 2 or 0 = 1") == 1);
  CHECK(number("1e3 + .5") == 1000.5);
  CHECK(number("min(3, 1, 2) + max(4, 5) + abs(-1) + sqrt(9) + exp(0) + log(1)") == 11);
  CHECK(number("if(a > b, 10, 20)") == 10);
}

TEST_CASE("names reach into maps, and into lists by index and by name") {
  CHECK(number("a / b") == 1.5);
  CHECK(number("ttft_s.p99 * 1000") == 250);
  CHECK(number("pools[0].replicas + pools.prefill.replicas") == 4);
  CHECK(number("`pools.long-context.replicas`") == 8);
  CHECK(number("yes") == 1);
}

TEST_CASE("texts compare, and quantities are numbers in base units") {
  CHECK(number("name = 'h100'") == 1);
  CHECK(number("name != 'a100'") == 1);
  CHECK(number("ttft_s.p99 <= '500 ms'") == 1);
  CHECK(number("pools.prefill.rate = '50 GB/s'") == 1);
}

TEST_CASE("what is made of something undefined is undefined") {
  CHECK(undefined("none"));
  CHECK(undefined("none + 1"));
  CHECK(undefined("a / zero"));
  CHECK(undefined("log(zero)"));
  CHECK(undefined("name + 1"));
  CHECK(undefined("name < 5"));
  CHECK(undefined("if(none, 1, 2)"));
  CHECK(undefined("none and 1"));
  CHECK(number("none or 1") == 1);
  CHECK(number("none and 0") == 0);
}

TEST_CASE("a name that nothing has is an error, not a nothing") {
  CHECK_THROWS_WITH(value("ttft_s.p98 + 1"), Contains("nothing is called `ttft_s.p98`"));
  CHECK_THROWS_WITH(value("pools"), Contains("no single value"));
  CHECK_THAT(suggestion_in_json(kValues, "ttft_s.p9"), Contains("ttft_s.p99"));
}

TEST_CASE("what cannot be read says where and what was expected") {
  for (const char* text :
       {"", "1 +", "(1", "min()", "min 1", "sin(1)", "1 2", "'open", "a[1", "5 ms", "if(1, 2)", "1 < 2 < 3"}) {
    INFO(text);
    CHECK_THROWS_AS(Expression::parse(text), ConfigError);
  }
  CHECK_THROWS_WITH(Expression::parse("1 + )"), Contains("at character 5") && Contains("expected a value"));
  CHECK_THROWS_WITH(Expression::parse("sqr(4)"), Contains("did you mean `sqrt`?"));
  CHECK_THROWS_AS(Expression::parse(std::string(100000, '(')), ConfigError);
}

}  // namespace
}  // namespace cleave
