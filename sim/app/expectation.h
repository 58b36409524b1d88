#pragma once
// What a scenario is expected to give: the file X.expect.yaml beside X.yaml, or expect.yaml beside scenario.yaml.

#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

namespace cleave {

/// How far a simulated value may be from the expected one: the wider of both, where both are given.
struct Tolerance {
  std::optional<double> absolute;
  std::optional<double> relative;
};

/// What is judged: the value itself, or it against the same value of another scenario.
enum class Against : std::uint8_t { nothing, ratio, difference };

/// One value of summary.json and what it should be. Exactly one of `expected`, `at_least`, `at_most` is given.
struct Expectation {
  std::string what;  // in words
  std::string path;  // JSON pointer into summary.json: "/ttft_s/p50"
  std::string base;  // another scenario, a file beside this one; goes with `as`
  Against as = Against::nothing;
  std::optional<double> expected;
  std::optional<double> at_least;
  std::optional<double> at_most;
  Tolerance tolerance;
  std::string source;  // who says so
};

struct ExpectationFile {
  std::string description;
  std::vector<Expectation> checks;
};

/// Reads an expect file strictly. Errors: ConfigError with every mistake in it.
[[nodiscard]] ExpectationFile load_expectations(const std::filesystem::path& path);

/// `simulated` is the value, or its ratio to or difference from the base scenario's.
struct Judgement {
  bool pass = false;
  std::optional<double> simulated;  // nullopt: summary.json has no number there
};

/// `base`: the base scenario's summary; read only where the expectation names one.
[[nodiscard]] Judgement judge(const Expectation& expectation, const nlohmann::ordered_json& summary,
                              const nlohmann::ordered_json& base);

/// "0.373 ± 0.001", "0.373 ± 2 %", "at most 3".
[[nodiscard]] std::string to_text(const Expectation& expectation);

}  // namespace cleave
