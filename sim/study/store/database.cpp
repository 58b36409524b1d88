#include "sim/study/store/database.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <stdexcept>
#include <system_error>

#include "models/units/error.h"

namespace cleave {
namespace {

constexpr int kPatienceMilliseconds = 10'000;  // for another process that reads or writes at this moment

[[noreturn]] void fail(sqlite3* handle, const std::filesystem::path& file) {
  const int code = handle != nullptr ? sqlite3_errcode(handle) : SQLITE_NOMEM;
  const std::string message = fmt::format("{}: {}", file.string(), sqlite3_errstr(code));
  if (code == SQLITE_FULL) throw std::system_error(std::make_error_code(std::errc::no_space_on_device), message);
  if (code == SQLITE_NOTADB || code == SQLITE_CANTOPEN) throw ConfigError(message);
  throw std::runtime_error(handle != nullptr ? fmt::format("{}: {}", message, sqlite3_errmsg(handle)) : message);
}

}  // namespace

void Database::Close::operator()(sqlite3* handle) const {
  sqlite3_close_v2(handle);
}
void Statement::Finalize::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

Database::Database(const std::filesystem::path& file, DatabaseMode mode) : file_(file) {
  if (mode == DatabaseMode::read && !std::filesystem::exists(file)) {
    throw ConfigError(fmt::format("{}: no such file, expected the results of a sweep", file.string()));
  }
  if (mode != DatabaseMode::read && file.has_parent_path()) std::filesystem::create_directories(file.parent_path());
  const int flags = mode == DatabaseMode::read ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(file.c_str(), &handle, flags, nullptr);
  handle_.reset(handle);
  if (code != SQLITE_OK) fail(handle, file);
  sqlite3_busy_timeout(handle, kPatienceMilliseconds);
  if (mode == DatabaseMode::write_ahead) run("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL");
  if (mode == DatabaseMode::journal) run("PRAGMA journal_mode=TRUNCATE; PRAGMA synchronous=NORMAL");
}

void Database::run(const std::string& sql) {
  if (sqlite3_exec(handle(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) fail(handle(), file_);
}

Statement::Statement(const Database& database, std::string_view sql) : database_(database) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v2(database.handle(), sql.data(), static_cast<int>(sql.size()), &statement, nullptr);
  statement_.reset(statement);
  if (code != SQLITE_OK) fail(database.handle(), database.file());
}

Statement& Statement::bind(std::string_view text) {
  sqlite3_bind_text64(statement_.get(), next_++, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  return *this;
}
Statement& Statement::bind(std::int64_t number) {
  sqlite3_bind_int64(statement_.get(), next_++, number);
  return *this;
}
Statement& Statement::bind(double number) {
  sqlite3_bind_double(statement_.get(), next_++, number);
  return *this;
}
Statement& Statement::bind_null() {
  sqlite3_bind_null(statement_.get(), next_++);
  return *this;
}

bool Statement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) fail(database_.handle(), database_.file());
  return false;
}

void Statement::run() {
  while (step()) {
  }
  reset();
}

void Statement::reset() {
  sqlite3_reset(statement_.get());
  next_ = 1;
}

std::string Statement::text(int column) const {
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
  if (bytes == nullptr) return {};
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}
std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}
bool Statement::is_null(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

}  // namespace cleave
