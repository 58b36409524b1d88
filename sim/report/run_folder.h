#pragma once
// A run's folder, which appears whole or not at all.

#include <filesystem>
#include <vector>

namespace cleave {

/// Files are made in a hidden folder beside the target; commit() puts it in the target's place. Without commit() the
/// destructor removes it, and the parents it made. An earlier run at the target is replaced.
class RunFolder {
 public:
  /// Errors: ConfigError when the target exists and is neither empty nor a run's folder, or cannot be made.
  explicit RunFolder(const std::filesystem::path& target);
  ~RunFolder();
  RunFolder(const RunFolder&) = delete;
  RunFolder& operator=(const RunFolder&) = delete;

  /// Where to write a file of the run until commit().
  [[nodiscard]] std::filesystem::path file(const std::filesystem::path& name) const { return hidden_ / name; }
  [[nodiscard]] const std::filesystem::path& target() const { return target_; }

  /// Errors: std::runtime_error when the system refuses; an earlier run at the target is then still there.
  void commit();

 private:
  void discard() noexcept;

  std::filesystem::path target_;
  std::filesystem::path hidden_;
  std::vector<std::filesystem::path> made_parents_;  // outermost first
  bool committed_ = false;
};

}  // namespace cleave
