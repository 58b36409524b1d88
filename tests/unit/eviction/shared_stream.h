#pragma once
// Recorded streams, and the counts that they must give, where the shared data is at hand.

#include <catch2/catch.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "sim/app/cache_trace.h"

namespace cleave::test {

inline std::filesystem::path trace_folder() {
  const char* folder = std::getenv("CLEAVE_DATA_DIR");
  return std::filesystem::path(folder != nullptr ? folder : CLEAVE_DEFAULT_DATA_DIR) / "traces";
}

/// The stream that the reference tables call `name`; nullopt, and a note, where it is not here.
inline std::optional<BlockStream> shared_stream(const std::string& name,
                                                std::optional<Tokens> block_size = std::nullopt) {
  const std::string file = name == "mooncake_conversation" ? name + "_trace.jsonl.gz" : "agentic512_dev_trace.jsonl.gz";
  const std::filesystem::path path = trace_folder() / file;
  if (!std::filesystem::exists(path)) {
    WARN("SKIPPED: " << file << " is not here");
    return std::nullopt;
  }
  return read_block_stream({path.string(), std::nullopt, block_size});
}

/// Fields of each line of a comma-separated table, quotes taken off.
inline std::vector<std::vector<std::string>> table_rows(const std::string& name) {
  std::vector<std::vector<std::string>> rows;
  std::ifstream file(trace_folder() / name);
  for (std::string line; std::getline(file, line);) {
    std::vector<std::string> fields(1);
    bool quoted = false;
    for (const char c : line) {
      if (c == '"') {
        quoted = !quoted;
      } else if (c == ',' && !quoted) {
        fields.emplace_back();
      } else if (c != '\r') {
        fields.back() += c;
      }
    }
    rows.push_back(std::move(fields));
  }
  return rows;
}

}  // namespace cleave::test
