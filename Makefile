# The two commands of the README, and what CI runs. `make help` lists them.
.DEFAULT_GOAL := help
SHELL := /bin/bash
CARGO ?= cargo
BIN := target/release

.PHONY: help build demo demo-compress test tools lint other-systems doc python bench clean

help: ## List the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## Build the release binaries: ravine and the demo's trainer
	$(CARGO) build --release --locked -p ravine-cli -p digits-trainer

demo: build ## Tune a neural network on the handwritten digits: 60 trials, 2 at a time
	@rm -rf runs/digits
	@$(BIN)/ravine run examples/digits/study.toml --dir runs
	@$(BIN)/ravine report digits --dir runs

demo-compress: build ## Tune zstd, a program as it is: the smallest text at 20 MB/s (needs zstd)
	@rm -rf runs/compress
	@$(BIN)/ravine run examples/compress/study.toml --dir runs
	@$(BIN)/ravine report compress --dir runs

test: tools lint other-systems doc python ## Install what the tests need, then pass them all
	$(CARGO) build --locked -p ravine-cli -p digits-trainer --bins
	@if $(CARGO) nextest --version >/dev/null 2>&1; then \
	  $(CARGO) nextest run --workspace --locked --no-fail-fast; \
	else $(CARGO) test --workspace --locked --no-fail-fast --lib --bins --tests --examples; fi
	$(CARGO) test --workspace --locked --doc --quiet

tools: ## Install what the tests need (Debian or Ubuntu)
	@scripts/test-tools.sh

lint: ## Format, clippy and the house rules
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings
	$(CARGO) xtask tidy

python: ## Build the wheel into a fresh virtual environment and test the Python package
	@scripts/python-tests.sh

other-systems: ## Check the pure crates for Windows and macOS, where the toolchain can
	@CARGO="$(CARGO)" scripts/other-systems.sh

doc: ## Build the documentation without a warning
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --workspace --no-deps --locked --quiet

clean: ## Remove what was built and what the demo left
	rm -rf target runs
