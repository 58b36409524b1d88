// Damaged files: whatever happens to the bytes, the answer is a scenario or a diagnostic with a place.

#include <catch2/catch.hpp>

#include <filesystem>
#include <random>
#include <string>

#include "sim/scenario/catalogue.h"
#include "sim/scenario/yaml_parser.h"
#include "tests/unit/scenario/temp_folder.h"

namespace cleave {
namespace {

std::string good_text() {
  return read_text_file(std::filesystem::path(CLEAVE_SOURCE_DIR) / "tests/fixtures/scenarios/split.yaml").value();
}

/// Loads a text; every line of a refusal must start with a place.
void load_or_refuse(const TempFolder& folder, const Catalogue& catalogue, const std::string& text) {
  LoadOptions options;
  options.need_files = false;
  options.catalogue = &catalogue;
  const auto file = folder.write("t.yaml", text);
  try {
    (void)load_scenario(file, {}, options);
  } catch (const ConfigError& error) {
    const std::string what = error.what();
    INFO(what);
    CHECK(what.rfind(file.string() + ":", 0) == 0);
  }
}

TEST_CASE("a file cut anywhere is a scenario or a refusal") {
  const TempFolder folder;
  const Catalogue catalogue = Catalogue::load(catalogue_folder());
  const std::string text = good_text();
  for (std::size_t length = 0; length < text.size(); ++length) {
    INFO("first " << length << " bytes");
    load_or_refuse(folder, catalogue, text.substr(0, length));
  }
}

TEST_CASE("a file with changed bytes is a scenario or a refusal") {
  const TempFolder folder;
  const Catalogue catalogue = Catalogue::load(catalogue_folder());
  const std::string alphabet = " \t\n\r:-[]{},\"'#&*!|>%@`~?<0123456789abcKMG$/.\x01\x7f\xff\xc3";
  std::mt19937 draw(11);
  for (int i = 0; i < 1500; ++i) {
    std::string text = good_text();
    for (auto changes = 1 + draw() % 3; changes > 0; --changes) {
      const std::size_t at = draw() % text.size();
      const char byte = alphabet[draw() % alphabet.size()];
      switch (draw() % 3) {
        case 0:
          text[at] = byte;
          break;
        case 1:
          text.insert(at, 1, byte);
          break;
        default:
          text.erase(at, 1 + draw() % 20);
          break;
      }
    }
    INFO("draw " << i << "\n" << text);
    load_or_refuse(folder, catalogue, text);
  }
}

}  // namespace
}  // namespace cleave
