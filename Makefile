# Anteroom: `make` lists the targets. Debian or Ubuntu with a Swift 6.3 toolchain is all that must be there.
.DEFAULT_GOAL := help
.PHONY: help setup build run test fuzz lint format clean

JOBS ?= $(shell nproc 2>/dev/null || echo 2)
SOURCES := Sources Tests Package.swift
PYTHON := .build/python

help: ## List these targets
	@awk 'BEGIN { FS = ":.*## " } /^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Install what is missing (system packages, by apt)
	@scripts/setup

build: setup ## Build the release binary
	swift build -c release -j $(JOBS) --product anteroom

run: build ## Build and serve on http://127.0.0.1:3000 (options: ARGS="--port 4000")
	@exec .build/release/anteroom serve $(ARGS)

test: setup lint $(PYTHON)/.ready ## Check the format and run the whole test suite
	swift build --build-tests -j $(JOBS)
	swift test --skip-build --disable-xctest --no-parallel  # some tests wait for real timers: none may starve another

fuzz: setup ## Send random bytes and commands to a real server (SECONDS=600 SEED=7)
	swift build --build-tests -j $(JOBS)
	ANTEROOM_FUZZ_SECONDS=$(or $(SECONDS),60) ANTEROOM_FUZZ_SEED=$(SEED) \
		swift test --skip-build --disable-xctest --no-parallel --filter FuzzTests

lint: setup ## Check the format, change nothing
	swift format lint --strict --recursive --parallel $(SOURCES)

format: setup ## Put every file into the project's format
	swift format --in-place --recursive --parallel $(SOURCES)

clean: ## Remove everything that was built (never data/)
	rm -rf .build

# The end-to-end tests let clients that are not ours talk to the server: they live in a Python environment of their own.
$(PYTHON)/.ready: Tests/requirements.txt | setup
	python3 -m venv --clear $(PYTHON)
	$(PYTHON)/bin/python -m pip install --quiet --disable-pip-version-check --requirement Tests/requirements.txt
	@touch $@
