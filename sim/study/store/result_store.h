#pragma once
// The results of one study: a file with one row a run, written by one process as runs finish.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "sim/study/store/database.h"
#include "sim/study/store/file_lock.h"

namespace cleave {

enum class RunStatus : std::uint8_t {
  done,     // has a summary
  invalid,  // the scenario cannot be run: the same next time
  failed,   // the run failed: the same next time
  killed,   // the run died from outside: worth another try
};
[[nodiscard]] std::string_view name_of(RunStatus status);

/// What identifies a run.
struct RunKey {
  std::string point;  // hash of the resolved scenario
  std::uint64_t seed = 0;
  auto operator<=>(const RunKey&) const = default;
};

struct PointRow {
  std::string hash;
  std::string settings;  // JSON: the values that make it differ from the others
  std::string scenario;  // JSON: the whole resolved scenario, empty when it could not be resolved
};

struct RunRow {
  RunKey key;
  RunStatus status = RunStatus::done;
  std::string summary;  // JSON, as summary.json has it
  std::string error;
  double seconds = 0;  // wall clock, never exported
};

/// Who may write, and where: alone on a local disk, or as one of many on a shared one.
enum class StoreMode : std::uint8_t { read, local, shared_disk };

class ResultStore {
 public:
  /// Opens or makes the file. While it is open for writing no other process may write it.
  /// Errors: ConfigError when the file is no store, is of another format, or is being written by another sweep; those
  /// of Database.
  ResultStore(const std::filesystem::path& file, StoreMode mode);
  ResultStore(const ResultStore&) = delete;
  ResultStore& operator=(const ResultStore&) = delete;

  /// The text of the study file and the version of the program whose runs count from now on, and the runs that are
  /// wanted. Runs that were wanted earlier stay in the file and count again when they are wanted again.
  void begin(const std::string& study, const std::string& program, const std::vector<PointRow>& points,
             const std::vector<RunKey>& wanted);

  /// Of the wanted runs, those that need not run: done, or bound to fail again.
  [[nodiscard]] std::set<RunKey> settled() const;

  /// Keeps one result; replaces an earlier one of the same run. Survives this process's end at once (`local`), or from
  /// the next sync() on (`shared_disk`).
  void add(const RunRow& row);
  void sync();

  /// Copies every run of another store whose program is this one's, with its point, and what the other wants.
  /// Errors: ConfigError when the other holds another study or was made by another program.
  void take_over(const std::filesystem::path& other);

  [[nodiscard]] std::string study() const;
  [[nodiscard]] std::string program() const;

  /// Calls `act` for every wanted run in order of (point, seed). Without a row the run has not finished.
  void each(const std::function<void(const PointRow&, const RunKey&, const std::optional<RunRow>&)>& act) const;

 private:
  [[nodiscard]] std::string meta(std::string_view key) const;
  void set_meta(std::string_view key, std::string_view value);

  std::optional<FileLock> lock_;  // of writers
  Database database_;
  std::optional<Statement> add_;  // compiled with the first row
  StoreMode mode_;
  bool in_transaction_ = false;
};

}  // namespace cleave
