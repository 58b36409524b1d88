#include "sim/report/run_folder.h"

#include <unistd.h>

#include <stdexcept>
#include <string>
#include <system_error>

#include "models/units/error.h"
#include "sim/report/manifest_json.h"

namespace cleave {
namespace {

namespace fs = std::filesystem;

fs::path normalised(const fs::path& target) {
  std::error_code error;
  fs::path path = fs::absolute(target, error).lexically_normal();
  if (!path.has_filename()) path = path.parent_path();
  if (target.empty() || !path.has_filename()) {
    throw ConfigError("output folder '" + target.string() + "': expected the path of a folder for this run");
  }
  return path;
}

void refuse_foreign(const fs::path& target) {
  std::error_code error;
  const auto status = fs::symlink_status(target, error);
  if (!fs::exists(status)) return;
  if (fs::is_directory(status) && (fs::is_empty(target, error) || is_run_folder(target))) return;
  throw ConfigError("output folder '" + target.string() +
                    "': exists and is not the folder of an earlier run; name another, or remove it");
}

/// A sibling's name: same file system, hidden, and not shared with another process.
fs::path sibling(const fs::path& target, const char* role) {
  return target.parent_path() / ("." + target.filename().string() + "." + role + "." + std::to_string(getpid()));
}

}  // namespace

RunFolder::RunFolder(const fs::path& target) : target_(normalised(target)), hidden_(sibling(target_, "partial")) {
  refuse_foreign(target_);
  std::error_code error;
  for (fs::path parent = target_.parent_path(); !fs::exists(parent, error) && parent.has_filename();
       parent = parent.parent_path()) {
    made_parents_.insert(made_parents_.begin(), parent);
  }
  fs::remove_all(hidden_, error);
  fs::create_directories(hidden_, error);
  if (error) {
    discard();
    throw ConfigError("output folder '" + target_.string() + "': cannot be made: " + error.message());
  }
}

RunFolder::~RunFolder() {
  if (!committed_) discard();
}

void RunFolder::discard() noexcept {
  std::error_code ignored;
  fs::remove_all(hidden_, ignored);
  for (auto parent = made_parents_.rbegin(); parent != made_parents_.rend(); ++parent) {
    fs::remove(*parent, ignored);  // leaves a folder in which something else has appeared
  }
}

void RunFolder::commit() {
  refuse_foreign(target_);
  const auto give_up = [this](const std::error_code& error) {
    throw std::runtime_error("cannot put the results at " + target_.string() + ": " + error.message());
  };
  std::error_code error;
  std::error_code ignored;
  const fs::path earlier = sibling(target_, "earlier");
  const bool replaces = fs::exists(target_, ignored);
  if (replaces) fs::rename(target_, earlier, error);
  if (error) give_up(error);
  fs::rename(hidden_, target_, error);
  if (error) {
    if (replaces) fs::rename(earlier, target_, ignored);
    give_up(error);
  }
  committed_ = true;
  if (replaces) fs::remove_all(earlier, ignored);
}

}  // namespace cleave
