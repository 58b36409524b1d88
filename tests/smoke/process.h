#pragma once
// Runs the program as a user does, and keeps what it said.

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace cleave {

struct Answer {
  int code = -1;  // exit code; 128 + n when signal n ended it
  std::string out;
  std::string err;
};

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

inline void write_file(const std::filesystem::path& path, const std::string& text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

/// A folder of its own for one test case, removed at its end.
class Scratch {
 public:
  Scratch() {
    std::string pattern = (std::filesystem::temp_directory_path() / "cleave-test-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~Scratch() {
    std::error_code ignored;  // a child may still write there; what is left is the temporary folder's
    std::filesystem::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// Starts the program in `folder`, with its output going to the files `.out` and `.err` there. Returns its pid.
inline pid_t start_cleave(const std::vector<std::string>& arguments, const std::filesystem::path& folder) {
  std::vector<std::string> words{CLEAVE_PROGRAM};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const int out = ::open((folder / ".out").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    const int err = ::open((folder / ".err").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (::chdir(folder.c_str()) != 0 || ::dup2(out, 1) < 0 || ::dup2(err, 2) < 0) ::_exit(127);
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  return child;
}

inline Answer wait_for(pid_t child, const std::filesystem::path& folder) {
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return {code, read_file(folder / ".out"), read_file(folder / ".err")};
}

/// Runs `cleave <arguments>` in `folder` and waits.
inline Answer cleave_in(const std::filesystem::path& folder, const std::vector<std::string>& arguments) {
  return wait_for(start_cleave(arguments, folder), folder);
}

/// Runs it in a folder of its own.
inline Answer cleave(const std::vector<std::string>& arguments) {
  const Scratch scratch;
  return cleave_in(scratch.path(), arguments);
}

}  // namespace cleave
