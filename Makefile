# The commands of daily work. `make help` lists them. Everything else is CMake: see CMakePresets.json.

JOBS     ?= $(shell nproc 2>/dev/null || echo 2)
SCENARIO ?= scenarios/quickstart.yaml
BUILD    := build/release
CLEAVE   := $(BUILD)/cleave
FORMATTED = $(shell git ls-files '*.h' '*.cpp')

.DEFAULT_GOAL := help
.PHONY: help install build build-all run test fast validate baselines bench lint format clean

help:  ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install:  ## install missing Debian packages
	@scripts/install-deps.sh

$(BUILD)/build.ninja: CMakePresets.json
	cmake --preset release

build: install $(BUILD)/build.ninja
	@cmake --build --preset release --target cleave -j $(JOBS)

run: build  ## simulate SCENARIO (scenarios/quickstart.yaml) and name the report
	$(CLEAVE) run $(SCENARIO)

build-all: install $(BUILD)/build.ninja
	@cmake --build --preset release -j $(JOBS)

test: build-all  ## build and run every test
	ctest --preset release -L 'fast|full' -j $(JOBS)

fast: build-all  ## only the tests that take a minute together
	ctest --preset release -L fast -j $(JOBS)

validate: build-all  ## the long checks against published measurements
	$(CLEAVE) verify scenarios
	ctest --preset release -L validation

baselines: build  ## keep this program's results as the reviewed baselines
	$(CLEAVE) check scenarios/studies/baseline.check.yaml --write-baseline results/baselines/baseline.json

bench: build-all  ## events, flows, steps, cache operations and requests per second
	$(BUILD)/tests/bench/cleave_bench

lint:  ## formatting, style and clang-tidy
	@scripts/install-deps.sh lint
	clang-format --dry-run --Werror $(FORMATTED)
	scripts/check-style.sh
	cmake --preset dev -B build/lint -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON >/dev/null
	run-clang-tidy -quiet -p build/lint -j $(JOBS) -extra-arg=-Wno-unknown-warning-option '^$(CURDIR)/(models|sim)/'

format:  ## rewrite C++ files with clang-format
	@scripts/install-deps.sh lint
	clang-format -i $(FORMATTED)

clean:  ## remove what was built
	rm -rf build
