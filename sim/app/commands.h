#pragma once
// The commands, one a source file. The table is in commands.cpp.

#include <memory>

#include "sim/app/command.h"

namespace cleave {

std::unique_ptr<Command> make_cache_command(CLI::App& parser);
std::unique_ptr<Command> make_calibrate_command(CLI::App& parser);
std::unique_ptr<Command> make_check_command(CLI::App& parser);
std::unique_ptr<Command> make_compare_command(CLI::App& parser);
std::unique_ptr<Command> make_completion_command(CLI::App& parser);
std::unique_ptr<Command> make_explain_command(CLI::App& parser);
std::unique_ptr<Command> make_import_command(CLI::App& parser);
std::unique_ptr<Command> make_list_command(CLI::App& parser);
std::unique_ptr<Command> make_merge_command(CLI::App& parser);
std::unique_ptr<Command> make_plan_command(CLI::App& parser);
std::unique_ptr<Command> make_run_command(CLI::App& parser);
std::unique_ptr<Command> make_schema_command(CLI::App& parser);
std::unique_ptr<Command> make_show_command(CLI::App& parser);
std::unique_ptr<Command> make_sweep_command(CLI::App& parser);
std::unique_ptr<Command> make_trace_command(CLI::App& parser);
std::unique_ptr<Command> make_validate_command(CLI::App& parser);
std::unique_ptr<Command> make_verify_command(CLI::App& parser);
std::unique_ptr<Command> make_version_command(CLI::App& parser);

}  // namespace cleave
