// Did any prediction move? Texts that were reviewed; the scenario beside each names the law that would notice if it
// were wrong. After a change that means to move them: run the scenario, read the difference, replace the text.
#include "tests/smoke/process.h"

using namespace cleave;

TEST_CASE("reviewed summaries have not moved, and two runs print the same") {
  const std::filesystem::path folder = std::filesystem::path(CLEAVE_SOURCE_DIR) / "tests/golden";
  std::size_t goldens = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".yaml") continue;
    ++goldens;
    INFO(entry.path());
    const std::string expected = read_file(std::filesystem::path(entry.path()).replace_extension(".txt"));
    for (int again = 0; again < 2; ++again) {
      CHECK(::cleave::cleave({"run", entry.path().string(), "--no-report", "--quiet"}).out == expected);
    }
  }
  CHECK(goldens > 0);
}
