#pragma once
// SQLite behind two small classes. The only place that includes its header.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace cleave {

/// How a file is used. `journal` works on network file systems, where a write-ahead log does not.
enum class DatabaseMode : std::uint8_t { read, write_ahead, journal };

class Database {
 public:
  /// Opens the file, or makes it when it may be written.
  /// Errors: ConfigError when it does not exist or is no database; std::system_error with no_space_on_device when the
  /// disk is full; std::runtime_error for other refusals (also of the statements below).
  Database(const std::filesystem::path& file, DatabaseMode mode);

  /// One or more statements without results.
  void run(const std::string& sql);

  [[nodiscard]] sqlite3* handle() const { return handle_.get(); }
  [[nodiscard]] const std::filesystem::path& file() const { return file_; }

 private:
  struct Close {
    void operator()(sqlite3* handle) const;
  };
  std::filesystem::path file_;
  std::unique_ptr<sqlite3, Close> handle_;
};

/// A prepared statement. Bind from left to right, then step through its rows; `reset` starts over.
class Statement {
 public:
  /// `database` is borrowed and outlives the statement.
  Statement(const Database& database, std::string_view sql);

  Statement& bind(std::string_view text);
  Statement& bind(std::int64_t number);
  Statement& bind(double number);
  Statement& bind_null();

  /// Whether there is one more row.
  [[nodiscard]] bool step();
  /// Steps to the end and resets.
  void run();
  void reset();

  [[nodiscard]] std::string text(int column) const;
  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] bool is_null(int column) const;

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  const Database& database_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  int next_ = 1;
};

}  // namespace cleave
