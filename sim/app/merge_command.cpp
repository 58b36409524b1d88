#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "sim/app/commands.h"
#include "sim/study/store/result_store.h"

namespace cleave {
namespace {

class MergeCommand final : public Command {
 public:
  explicit MergeCommand(CLI::App& parser) {
    parser.add_option("--out", out_, "the file that holds all of them afterwards")->required()->type_name("FILE");
    parser.add_option("results", parts_, "results of shards of one study, by one build of this program")
        ->required()
        ->type_name("FILE");
  }

  ExitCode run() override {
    ResultStore store(out_, StoreMode::shared_disk);
    for (const std::string& part : parts_) store.take_over(part);
    std::size_t runs = 0;
    std::size_t unfinished = 0;
    store.each([&](const PointRow&, const RunKey&, const std::optional<RunRow>& run) {
      ++runs;
      if (!run) ++unfinished;
    });
    fmt::print("{} runs from {} files, {} unfinished\nresults: {}\n", runs, parts_.size(), unfinished, out_);
    return unfinished > 0 ? ExitCode::inconclusive : ExitCode::ok;
  }

 private:
  std::string out_;
  std::vector<std::string> parts_;
};

}  // namespace

std::unique_ptr<Command> make_merge_command(CLI::App& parser) {
  return std::make_unique<MergeCommand>(parser);
}

}  // namespace cleave
