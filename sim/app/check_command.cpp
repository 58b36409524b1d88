#include <CLI/CLI.hpp>
#include <filesystem>

#include "sim/app/check_run.h"
#include "sim/app/commands.h"

namespace cleave {
namespace {

class CheckCommand final : public Command {
 public:
  explicit CheckCommand(CLI::App& parser) {
    parser.add_option("check", file_, "the check file")->required()->type_name("FILE");
    parser.add_option("--base-program", base_program_, "a cleave program that runs the base")->type_name("PROGRAM");
    parser.add_option("--head-program", head_program_, "a cleave program that runs the head")->type_name("PROGRAM");
    parser.add_option("--baseline", baseline_, "kept results as the base, instead of runs")->type_name("FILE");
    parser.add_option("--replicates", replicates_, "seeds on each side")->type_name("N")->check(CLI::Range(2, 10000));
    add_check_flags(parser, flags_);
  }

  ExitCode run() override {
    CheckParams check = load_check(file_);
    if (!base_program_.empty()) check.base.program = std::filesystem::absolute(base_program_).string();
    if (!head_program_.empty()) check.head.program = std::filesystem::absolute(head_program_).string();
    if (!baseline_.empty()) check.base.baseline = baseline_;
    if (replicates_) check.replicates = *replicates_;
    return run_check(std::move(check), flags_, file_);
  }

 private:
  std::string file_;
  std::string base_program_;
  std::string head_program_;
  std::string baseline_;
  std::optional<std::uint32_t> replicates_;
  CheckFlags flags_;
};

}  // namespace

std::unique_ptr<Command> make_check_command(CLI::App& parser) {
  return std::make_unique<CheckCommand>(parser);
}

}  // namespace cleave
