#include "sim/app/child.h"

#include <catch2/catch.hpp>
#include <csignal>
#include <new>
#include <system_error>

#include "models/units/error.h"

namespace cleave {
namespace {

TEST_CASE("a child hands its answer back, however long") {
  const std::string long_text(3'000'000, 'x');
  const ChildResult result = run_in_child([&] { return long_text; });
  CHECK(result.code == ExitCode::ok);
  CHECK(result.text == long_text);
}

TEST_CASE("what a child throws becomes its exit code and reason") {
  const auto thrown = [](auto error) { return run_in_child([&]() -> std::string { throw error; }); };
  CHECK(thrown(ConfigError("a.yaml:1:2: wrong")).code == ExitCode::invalid_input);
  CHECK(thrown(ConfigError("a.yaml:1:2: wrong")).text == "a.yaml:1:2: wrong");
  CHECK(thrown(std::bad_alloc()).code == ExitCode::out_of_resources);
  CHECK(thrown(std::runtime_error("odd")).code == ExitCode::runtime_error);
  const auto full = std::make_error_code(std::errc::no_space_on_device);
  CHECK(thrown(std::system_error(full, "summary.json")).code == ExitCode::out_of_resources);
  const auto denied = std::make_error_code(std::errc::permission_denied);
  CHECK(thrown(std::system_error(denied, "summary.json")).code == ExitCode::runtime_error);
}

TEST_CASE("a child that dies of a signal is told apart from one that answers") {
  const auto dies_of = [](int signal) {
    return run_in_child([signal]() -> std::string {
      std::signal(signal, SIG_DFL);
      std::raise(signal);
      return "alive";
    });
  };
  CHECK(dies_of(SIGKILL).code == ExitCode::runtime_error);
  CHECK(dies_of(SIGINT).code == ExitCode::interrupted);
}

TEST_CASE("what a child does leaves no trace in its parent") {
  int value = 1;
  const ChildResult result = run_in_child([&] {
    value = 2;
    return std::to_string(value);
  });
  CHECK(result.text == "2");
  CHECK(value == 1);
}

}  // namespace
}  // namespace cleave
