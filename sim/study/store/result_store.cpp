#include "sim/study/store/result_store.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "models/units/error.h"

namespace cleave {
namespace {

constexpr std::string_view kFormat = "1";

constexpr const char* kTables = R"sql(
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS point (hash TEXT PRIMARY KEY, settings TEXT NOT NULL, scenario TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS wanted (point TEXT, seed INTEGER, PRIMARY KEY (point, seed)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS run (
  point TEXT, seed INTEGER, program TEXT, status TEXT NOT NULL, summary TEXT, error TEXT, wall_s REAL,
  PRIMARY KEY (point, seed, program));
)sql";

struct StatusName {
  RunStatus status;
  std::string_view name;
};
constexpr std::array kStatusNames{StatusName{RunStatus::done, "done"}, StatusName{RunStatus::invalid, "invalid"},
                                  StatusName{RunStatus::failed, "failed"}, StatusName{RunStatus::killed, "killed"}};

RunStatus status_named(const std::string& name, const std::filesystem::path& file) {
  for (const StatusName& entry : kStatusNames) {
    if (entry.name == name) return entry.status;
  }
  throw ConfigError(fmt::format("{}: unknown status \"{}\" of a run", file.string(), name));
}

std::optional<FileLock> lock_for(const std::filesystem::path& file, StoreMode mode) {
  if (mode == StoreMode::read) return std::nullopt;
  return FileLock(file);
}

DatabaseMode database_mode(StoreMode mode) {
  if (mode == StoreMode::read) return DatabaseMode::read;
  return mode == StoreMode::local ? DatabaseMode::write_ahead : DatabaseMode::journal;
}

/// Seeds are unsigned; SQLite's integers are not. The same bits.
std::int64_t stored(std::uint64_t seed) {
  return static_cast<std::int64_t>(seed);
}
std::uint64_t restored(std::int64_t seed) {
  return static_cast<std::uint64_t>(seed);
}

}  // namespace

std::string_view name_of(RunStatus status) {
  for (const StatusName& entry : kStatusNames) {
    if (entry.status == status) return entry.name;
  }
  return {};
}

ResultStore::ResultStore(const std::filesystem::path& file, StoreMode mode)
    : lock_(lock_for(file, mode)), database_(file, database_mode(mode)), mode_(mode) {
  if (mode != StoreMode::read) database_.run(kTables);
  if (mode != StoreMode::read && meta("format").empty()) set_meta("format", kFormat);
  const std::string format = meta("format");
  if (format != kFormat) {
    throw ConfigError(fmt::format("{}: got a store of format \"{}\", expected {}", file.string(), format, kFormat));
  }
}

void ResultStore::begin(const std::string& study, const std::string& program, const std::vector<PointRow>& points,
                        const std::vector<RunKey>& wanted) {
  database_.run("BEGIN");
  set_meta("study", study);
  set_meta("program", program);
  Statement add_point(database_, "INSERT OR REPLACE INTO point VALUES (?, ?, ?)");
  for (const PointRow& point : points) add_point.bind(point.hash).bind(point.settings).bind(point.scenario).run();
  database_.run("DELETE FROM wanted");
  Statement add_wanted(database_, "INSERT OR IGNORE INTO wanted VALUES (?, ?)");
  for (const RunKey& key : wanted) add_wanted.bind(key.point).bind(stored(key.seed)).run();
  database_.run("COMMIT");
}

std::set<RunKey> ResultStore::settled() const {
  Statement rows(
      database_,
      "SELECT point, seed FROM wanted JOIN run USING (point, seed) WHERE program = ? AND status <> 'killed'");
  rows.bind(program());
  std::set<RunKey> keys;
  while (rows.step()) keys.insert({rows.text(0), restored(rows.integer(1))});
  return keys;
}

void ResultStore::add(const RunRow& row) {
  if (mode_ == StoreMode::shared_disk && !std::exchange(in_transaction_, true)) database_.run("BEGIN");
  if (!add_) {
    add_.emplace(
        database_,
        "INSERT OR REPLACE INTO run VALUES (?, ?, (SELECT value FROM meta WHERE key = 'program'), ?, ?, ?, ?)");
  }
  add_->bind(row.key.point).bind(stored(row.key.seed)).bind(name_of(row.status));
  add_->bind(row.summary).bind(row.error).bind(row.seconds).run();
}

void ResultStore::sync() {
  if (std::exchange(in_transaction_, false)) database_.run("COMMIT");
}

void ResultStore::take_over(const std::filesystem::path& other) {
  const ResultStore part(other, StoreMode::read);
  if (study().empty()) {
    set_meta("study", part.study());
    set_meta("program", part.program());
  }
  if (part.study() != study()) throw ConfigError(fmt::format("{}: holds another study", other.string()));
  if (part.program() != program()) {
    throw ConfigError(
        fmt::format("{}: was made by cleave {}, the others by {}", other.string(), part.program(), program()));
  }
  sync();
  database_.run("BEGIN");
  in_transaction_ = true;
  Statement add_point(database_, "INSERT OR REPLACE INTO point VALUES (?, ?, ?)");
  Statement add_wanted(database_, "INSERT OR IGNORE INTO wanted VALUES (?, ?)");
  part.each([&](const PointRow& point, const RunKey& key, const std::optional<RunRow>& run) {
    add_point.bind(point.hash).bind(point.settings).bind(point.scenario).run();
    add_wanted.bind(key.point).bind(stored(key.seed)).run();
    if (run) add(*run);
  });
  sync();
}

std::string ResultStore::study() const {
  return meta("study");
}
std::string ResultStore::program() const {
  return meta("program");
}

void ResultStore::each(
    const std::function<void(const PointRow&, const RunKey&, const std::optional<RunRow>&)>& act) const {
  Statement rows(database_,
                 "SELECT w.point, w.seed, p.settings, p.scenario, r.status, r.summary, r.error, r.wall_s FROM wanted w "
                 "JOIN point p ON p.hash = w.point LEFT JOIN run r ON r.point = w.point AND r.seed = w.seed "
                 "AND r.program = ? ORDER BY w.point, w.seed");
  rows.bind(program());
  while (rows.step()) {
    const PointRow point{rows.text(0), rows.text(2), rows.text(3)};
    const RunKey key{point.hash, restored(rows.integer(1))};
    std::optional<RunRow> run;
    if (!rows.is_null(4)) {
      run = RunRow{key, status_named(rows.text(4), database_.file()), rows.text(5), rows.text(6), 0};
    }
    act(point, key, run);
  }
}

std::string ResultStore::meta(std::string_view key) const {
  Statement row(database_, "SELECT value FROM meta WHERE key = ?");
  row.bind(key);
  return row.step() ? row.text(0) : std::string{};
}

void ResultStore::set_meta(std::string_view key, std::string_view value) {
  Statement(database_, "INSERT OR REPLACE INTO meta VALUES (?, ?)").bind(key).bind(value).run();
}

}  // namespace cleave
