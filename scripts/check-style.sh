#!/usr/bin/env bash
# What the compiler and clang-format do not see: sizes of files, folder READMEs, includes, leftovers.
# Usage: scripts/check-style.sh. Prints one line a finding; exit 1 if there is any.
set -uo pipefail
cd "$(dirname "$0")/.."

findings=0
report() { echo "$1"; findings=$((findings + 1)); }

code=$(git ls-files '*.h' '*.cpp' '*.cu' '*.cuh')
for file in $code; do
  lines=$(wc -l <"$file")
  ((lines <= 500)) || report "$file: $lines lines, at most 500"
done
for file in $(git ls-files '*.h'); do
  head -n 1 "$file" | grep -q '^#pragma once$' || report "$file:1: a header starts with #pragma once"
done
while IFS= read -r match; do
  report "$match: include by full path from the root"
done < <(grep -nE '^#include "\.' $code /dev/null)
while IFS= read -r match; do
  report "$match: sim/core alone includes SimGrid"
done < <(grep -nE '#include <simgrid/' $code /dev/null | grep -v '^sim/core/')
while IFS= read -r match; do
  report "$match: unfinished work belongs in an issue"
done < <(grep -nE '\b(TO''DO|FIX''ME|XX''X)\b' $code /dev/null)
while IFS= read -r match; do
  report "$match: using namespace at file scope"
done < <(grep -nE '^using namespace' $code /dev/null | grep -vE '^tests/|using namespace std::[a-z_]*literals;')
while IFS= read -r match; do
  report "$match: CTest cuts the name of a test at a semicolon, and runs nothing"
done < <(grep -nE 'TEST_CASE\("[^"]*;' $code /dev/null)
for file in $(git ls-files 'tests/*_test.cpp'); do
  grep -qF "${file#tests/}" tests/*.cmake tests/CMakeLists.txt || report "$file: in no test program, so nothing runs it"
done
for folder in $(git ls-files 'models/*/CMakeLists.txt' 'sim/*/CMakeLists.txt' | xargs -n 1 dirname | sort -u); do
  [[ -f $folder/README.md ]] || report "$folder: a module has a README.md"
done
for file in $(git ls-files 'models/*README.md' 'sim/*README.md'); do
  lines=$(wc -l <"$file")
  ((lines <= 40)) || report "$file: $lines lines, at most 40"
done

if ((findings > 0)); then echo "check-style: $findings findings"; exit 1; fi
