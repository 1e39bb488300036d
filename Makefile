# SPDX-License-Identifier: Apache-2.0
# The front door. Meson does the work; each target is one line on purpose.
.PHONY: all build run test bench fmt lint clean

all: build

build: ## build/nurtured and build/conformance
	@tools/setup build
	@tools/build release nurtured conformance

run: build ## a running daemon with the sample leads, and what to try next
	@tools/run

test: ## everything, ends with `N passed, N failed`
	@tools/setup test
	@tools/test

bench: build ## the figures, side by side in one run
	@tools/build release
	@tools/bench

fmt: ## clang-format 14 over all C
	@tools/fmt

lint: ## clang-tidy over all C
	@tools/setup test
	@tools/lint

clean:
	rm -rf build build-*
