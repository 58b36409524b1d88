#pragma once
// A recorded table: CSV, plain or gzip, read whole. Columns are found by name.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cleave {

/// A header line and rows of as many fields. Empty fields are kept: a value that was not recorded.
class CsvTable {
 public:
  /// Errors: ConfigError for a file that cannot be read, is not UTF-8, or has a line of another number of fields.
  [[nodiscard]] static CsvTable load(const std::filesystem::path& file);

  [[nodiscard]] std::size_t rows() const { return rows_.size(); }
  [[nodiscard]] bool has(std::string_view column) const;

  /// Errors: ConfigError for a column that is absent.
  [[nodiscard]] std::string_view text(std::size_t row, std::string_view column) const;
  /// Result: nullopt for an empty field, or an absent column. Errors: ConfigError for text that is no number.
  [[nodiscard]] std::optional<double> maybe(std::size_t row, std::string_view column) const;
  /// Errors: ConfigError for a field that is empty or no number.
  [[nodiscard]] double number(std::size_t row, std::string_view column) const;
  [[nodiscard]] std::int64_t whole(std::size_t row, std::string_view column) const;

 private:
  [[nodiscard]] std::optional<std::size_t> find(std::string_view column) const;

  std::string file_;
  std::vector<std::string> columns_;
  std::vector<std::vector<std::string>> rows_;
};

/// `name` in `folder`, or `name`.gz there; nullopt where neither is.
[[nodiscard]] std::optional<std::filesystem::path> find_table(const std::filesystem::path& folder,
                                                              const std::string& name);

}  // namespace cleave
