#include "sim/app/slurm.h"

#include <fmt/format.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <thread>

#include "models/units/error.h"
#include "sim/app/interrupt_twice.h"
#include "sim/app/study_progress.h"
#include "sim/report/output_file.h"

namespace cleave {
namespace {

namespace fs = std::filesystem;

constexpr auto kPoll = std::chrono::seconds{2};

/// One word of a shell command.
std::string quoted(const std::string& word) {
  std::string out = "'";
  for (const char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

struct Said {
  int code = 0;
  std::string text;
};

Said shell(const std::string& command) {
  std::FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) throw ConfigError("cannot start a shell");
  Said said;
  std::array<char, 4096> buffer;
  while (const std::size_t got = std::fread(buffer.data(), 1, buffer.size(), pipe))
    said.text.append(buffer.data(), got);
  const int status = ::pclose(pipe);
  said.code = WIFEXITED(status) ? WEXITSTATUS(status) : 1;
  while (!said.text.empty() && said.text.back() == '\n') said.text.pop_back();
  return said;
}

class SlurmJobs {
 public:
  SlurmJobs(const SlurmParams& params, const SlurmSweep& sweep)
      : params_(params),
        sweep_(sweep),
        tasks_(std::max<std::size_t>(1, std::min(params.tasks, sweep.runs))),
        results_(fs::absolute(sweep.results)),
        folder_(results_.string() + ".slurm") {}

  ExitCode run() {
    if (shell("command -v sbatch").code != 0) throw ConfigError("--on slurm: no `sbatch` on this machine");
    fs::create_directories(folder_);
    write_file(folder_ / "array.sh", array_script());
    write_file(folder_ / "merge.sh", merge_script());
    const std::string array = submit(fmt::format("--array=0-{}", tasks_ - 1), "array.sh", "%x-%A-%a.log");
    const std::string merge = submit("--dependency=afterany:" + array, "merge.sh", "%x-%j.log");
    fmt::print(stderr, "job array {} of {} tasks, then job {}; logs in {}\n", array, tasks_, merge, folder_.string());
    if (!follow(array, merge)) {
      fmt::print("the jobs go on; the results will be in {}\n", results_.string());
      return ExitCode::interrupted;
    }
    return collect();
  }

 private:
  [[nodiscard]] static std::string program() { return fs::read_symlink("/proc/self/exe").string(); }

  [[nodiscard]] std::string head(const char* name) const {
    return fmt::format("#!/bin/bash\n#SBATCH --job-name={}\n#SBATCH --chdir={}\nset -u\n", name,
                       fs::current_path().string());
  }

  [[nodiscard]] fs::path part(const std::string& index) const {
    return folder_ / fmt::format("part-{}-of-{}.db", index, tasks_);
  }

  [[nodiscard]] std::string array_script() const {
    std::string line = fmt::format(
        "{} sweep {} --quiet --shard \"$SLURM_ARRAY_TASK_ID/{}\" --workers "
        "\"${{SLURM_CPUS_PER_TASK:-1}}\" --out {}\"$SLURM_ARRAY_TASK_ID\"{}",
        quoted(program()), quoted(fs::absolute(sweep_.study).string()), tasks_, quoted((folder_ / "part-").string()),
        quoted(fmt::format("-of-{}.db", tasks_)));
    if (!sweep_.data_dir.empty()) line += " --data " + quoted(fs::absolute(sweep_.data_dir).string());
    return head("cleave-sweep") + "exec " + line + "\n";
  }

  [[nodiscard]] std::string merge_script() const {
    std::string line = fmt::format("{} merge --out {}", quoted(program()), quoted(results_.string()));
    for (std::size_t i = 0; i < tasks_; ++i) line += " " + quoted(part(std::to_string(i)).string());
    const std::string code = quoted((folder_ / "merge.code").string());
    return head("cleave-merge") + line +
           fmt::format("\ncode=$?\necho $code > {0}.new && mv {0}.new {0}\nexit $code\n", code);
  }

  [[nodiscard]] std::string submit(const std::string& how, const char* script, const char* log) const {
    std::error_code ignored;
    fs::remove(folder_ / "merge.code", ignored);
    std::string command =
        fmt::format("sbatch --parsable {} --output={}", quoted(how), quoted((folder_ / log).string()));
    for (const std::string& argument : params_.arguments) command += " " + quoted(argument);
    const Said said = shell(command + " " + quoted((folder_ / script).string()));
    if (said.code != 0 || said.text.empty()) throw ConfigError("--on slurm: sbatch refused; see above");
    return said.text.substr(0, said.text.find(';'));  // "123;cluster"
  }

  /// Until the merge has ended. Result: false when interrupted.
  [[nodiscard]] bool follow(const std::string& array, const std::string& merge) const {
    count_interrupts();
    StudyProgress progress(sweep_.quiet);
    while (interrupts() == 0) {
      if (fs::exists(folder_ / "merge.code")) return true;
      const Said left =
          shell(fmt::format("squeue --noheader --array --format=%i --jobs={},{} 2>/dev/null", array, merge));
      const auto lines = static_cast<std::size_t>(std::count(left.text.begin(), left.text.end(), '\n'));
      const std::size_t queued = left.text.empty() ? 0 : lines + 1;
      if (queued == 0 && !fs::exists(folder_ / "merge.code")) return true;  // gone without a trace: collect() says so
      progress.update({tasks_ + 1, 0, tasks_ + 1 - std::min(tasks_ + 1, queued), 0});
      std::this_thread::sleep_for(kPoll);
    }
    return false;
  }

  [[nodiscard]] ExitCode collect() const {
    const Said code = shell("cat " + quoted((folder_ / "merge.code").string()) + " 2>/dev/null");
    if (code.text.empty()) {
      fmt::print(stderr, "the merge job ended without a result; its log is in {}\n", folder_.string());
      return ExitCode::runtime_error;
    }
    fmt::print("{}results: {}\n", code.text == "0" ? "" : "some runs are unfinished; start again to run them\n",
               results_.string());
    return code.text == "0" ? ExitCode::ok : ExitCode::inconclusive;
  }

  const SlurmParams& params_;
  const SlurmSweep& sweep_;
  std::size_t tasks_;
  fs::path results_;
  fs::path folder_;
};

}  // namespace

ExitCode sweep_on_slurm(const SlurmParams& params, const SlurmSweep& sweep) {
  return SlurmJobs(params, sweep).run();
}

}  // namespace cleave
