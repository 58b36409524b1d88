// Files that are no scenario: each diagnostic names the place and what was expected.

#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include "tests/unit/scenario/bad_case.h"

namespace cleave {
namespace {

const std::string kTail(kRest);

TEST_CASE("text that is no YAML, or more than YAML should be, is refused with its place") {
  check_all({
      {"empty file", "", "t.yaml:1:1: the document is empty"},
      {"comments only", "# nothing\n", "t.yaml:1:1: the document is empty"},
      {"a list", "- a\n", "t.yaml:1:1: got a list, expected a map of keys and values"},
      {"a text", "name:a\n", "t.yaml:1:1: got \"name:a\", expected a map"},
      {"tab before a key", "output:\n\tfolder: x\n", "t.yaml:2:1: not valid YAML: a tab in the indentation"},
      {"tab before a dash", "pools:\n  \t- name: p\n", "t.yaml:2:3: not valid YAML: a tab in the indentation"},
      {"open brace", "output: {folder: x\nseed: 2\n", "not valid YAML: a `{` without its `}`"},
      {"open bracket", "pools: [\n", "t.yaml:2:1: not valid YAML: a `[` without its `]`"},
      {"open double quote", "seed: 1\nname: \"abc\n", "t.yaml:2:7: not valid YAML: a quoted text without its closing"},
      {"open single quote", "name: 'it''s\n", "t.yaml:1:7: not valid YAML: a quoted text without its closing"},
      {"escaped closing quote", "name: \"abc\\\"\n", "t.yaml:1:7: not valid YAML: a quoted text without its closing"},
      {"bad indentation", "pools:\n  - name: a\n   role: b\n",
       "t.yaml:3:4: not valid YAML: the list does not end here"},
      {"two values on a line", "name: a: b\n", "t.yaml:1:8: not valid YAML: a `key: value` is not allowed here"},
      {"unknown escape", "name: \"a\\q\"\n", "t.yaml:1:11: not valid YAML: unknown escape character: q"},
      {"unknown anchor", "name: *nobody\n", "t.yaml:1:7: not valid YAML: the referenced anchor is not defined"},
      {"second document", "name: a\n---\nname: b\n", "t.yaml:3:1: a second YAML document starts here"},
      {"tag", "name: !!str a\n" + kTail, "t.yaml:1:7: got the YAML tag tag:yaml.org,2002:str"},
      {"list as a key", "? [a, b]\n: c\n" + kTail, "t.yaml:1:3: got a list as a key, expected a name"},
      {"alias of itself", "faults: &a [*a]\n" + kTail, "t.yaml:1:13: an alias (*name) of a node that contains it"},
      {"merge key", "network: {<<: {nodes_per_rack: 1}}\n" + kTail, "t.yaml:1:11: <<: YAML merge keys are not"},
      {"duplicate key", "seed: 1\nname: a\nseed: 2\n" + kTail,
       "t.yaml:3:1: seed: duplicate key; the first is at line 1"},
      {"duplicate key in braces", "output: {folder: a, folder: b}\n" + kTail, "t.yaml:1:21: folder: duplicate key"},
  });
}

TEST_CASE("bytes that are no text are refused by offset, and columns count characters") {
  check_all({
      {"not UTF-8", "name: a\nmodel: \xFF\n", "t.yaml:2:8: byte 15 of the file is 0xFF: the text is not UTF-8"},
      {"cut sequence", "name: \xC3", "t.yaml:1:7: byte 6 of the file is 0xC3: the text is not UTF-8"},
      {"overlong sequence", "name: \xC0\x80\n", "t.yaml:1:7: byte 6 of the file is 0xC0"},
      {"surrogate", "name: \xED\xA0\x80\n", "t.yaml:1:7: byte 6 of the file is 0xED"},
      {"control character", "name: a\x04\nseed: x\n", "t.yaml:1:8: byte 7 of the file is 0x04: a control character"},
      {"after two-byte characters", "{name: \xC3\xA9\xC3\xA9, sed: 1}",
       "t.yaml:1:12: sed: unknown key; did you mean `seed`?"},
  });
}

TEST_CASE("a byte order mark, carriage returns, anchors and flow style are YAML as usual") {
  CHECK(errors_of_scenario("\xEF\xBB\xBFname: a\r\nseed: &n 3\r\n" + kTail) == "no error");
  CHECK_THAT(errors_of_scenario("\xEF\xBB\xBFseed: x\r\n" + kTail), Catch::Contains("t.yaml:1:7: seed: got \"x\""));
  CHECK(errors_of_scenario("{name: 'it''s', seed: 1,\n pools: [{name: &p p}], until: 1 s,\n"
                           " workload: {classes: [{name: *p, traffic: {type: synthetic}}]}}") == "no error");
}

TEST_CASE("aliases cannot blow a small file up") {
  std::string bomb = "name: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    bomb += "k" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int j = 0; j < 10; ++j) bomb += before + (j < 9 ? ", " : "]\n");
  }
  CHECK_THAT(errors_of_scenario(bomb), Catch::Contains("aliases (*name) expand to more than"));
}

}  // namespace
}  // namespace cleave
