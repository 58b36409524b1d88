// Did any prediction move? Texts that were reviewed; the scenario beside each names the law that would notice if it
// were wrong. After a change that means to move them: run the scenario, read the difference, replace the text.
#include "tests/smoke/process.h"

using namespace cleave;

namespace {

/// Without the notes: they speak of the catalogue's sources, not of a prediction.
std::string without_notes(const std::string& text) {
  std::istringstream lines(text);
  std::string kept;
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind("note: ", 0) != 0 && !line.empty()) kept += line + "\n";
  }
  return kept;
}

}  // namespace

TEST_CASE("reviewed summaries have not moved, and two runs print the same") {
  const std::filesystem::path folder = std::filesystem::path(CLEAVE_SOURCE_DIR) / "tests/golden";
  std::size_t goldens = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".yaml") continue;
    ++goldens;
    INFO(entry.path());
    const std::string expected =
        without_notes(read_file(std::filesystem::path(entry.path()).replace_extension(".txt")));
    for (int again = 0; again < 2; ++again) {
      CHECK(without_notes(::cleave::cleave({"run", entry.path().string(), "--no-report", "--quiet"}).out) == expected);
    }
  }
  CHECK(goldens > 0);
}
