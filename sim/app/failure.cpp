#include "sim/app/failure.h"

#include <exception>
#include <new>
#include <system_error>

#include "models/units/error.h"

namespace cleave {
namespace {

bool is_shortage(const std::error_code& code) {
  return code == std::errc::no_space_on_device || code == std::errc::not_enough_memory ||
         code == std::errc::too_many_files_open || code == std::errc::file_too_large;
}

}  // namespace

Failure current_failure() {
  try {
    throw;
  } catch (const ConfigError& error) {
    return {ExitCode::invalid_input, error.what()};
  } catch (const std::bad_alloc&) {
    return {ExitCode::out_of_resources, "out of memory"};
  } catch (const std::system_error& error) {
    return {is_shortage(error.code()) ? ExitCode::out_of_resources : ExitCode::runtime_error, error.what()};
  } catch (const std::exception& error) {
    return {ExitCode::runtime_error, error.what()};
  }
}

}  // namespace cleave
