#pragma once
// What a file holds, as a few digits: inputs of runs are known by their content, wherever they lie.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>

namespace cleave {

/// XXH64 with seed 0. Source: the xxHash specification, version 0.1.1 (Collet).
[[nodiscard]] std::uint64_t xxh64(std::span<const std::byte> bytes);

/// Hashes of files and folders, each read once: recorded traces have gigabytes, and thousands of points share them.
class ContentHashes {
 public:
  /// "<bytes>-<16 hex digits>" of a file; of a folder, of the names and contents of all files in it, in order of name.
  /// Errors: std::system_error when it cannot be read.
  [[nodiscard]] const std::string& of(const std::filesystem::path& path);

 private:
  std::map<std::filesystem::path, std::string> known_;
};

}  // namespace cleave
