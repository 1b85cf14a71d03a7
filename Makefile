# The commands of the project. `make help` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

TARGET := $(or $(CARGO_TARGET_DIR),target)
# The Node of e2e/, once it is installed: that of Debian 12 is too old for the browser's driver.
export PATH := $(CURDIR)/e2e/node_modules/.bin:$(PATH)
# The runner of tests keeps its report here, wherever compiled code goes.
REPORT := target/nextest/default/junit.xml
VENDOR := crates/server/assets/vendor

.PHONY: help demo test lint advisories bench attack access soak assets shots clean-services

help: ## list these commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

demo: ## build and run a whole center with ten sample services at http://127.0.0.1:8600
	@scripts/setup.sh demo
	@$(MAKE) --no-print-directory assets
	cargo build --bin pendopo --bin pendopo-sample
	$(TARGET)/debug/pendopo demo packs/blora

test: ## install what the tests need and run them all
	@scripts/setup.sh test
	@$(MAKE) --no-print-directory assets
	cargo fmt --all --check
	rm -f $(REPORT)
	failed=0; cargo nextest run --workspace --no-fail-fast || failed=$$?; \
	cargo run --quiet -p xtask -- counts $(REPORT); exit $$failed
	cargo test --workspace --doc --quiet
	@$(MAKE) --no-print-directory clean-services

lint: ## formatting, clippy and house rules
	@scripts/setup.sh build
	@$(MAKE) --no-print-directory assets
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	cargo run --quiet -p xtask -- tidy
	if cargo deny --version >/dev/null 2>&1; then cargo deny check; else echo "cargo-deny is not installed: licences and advisories were not checked (cargo install --locked cargo-deny)"; fi

advisories: ## hold all libraries against the list of known weaknesses; fails when it cannot
	@cargo deny --version >/dev/null 2>&1 || { echo "cargo-deny is not installed: cargo install --locked cargo-deny"; exit 1; }
	cargo deny check advisories

bench: ## measure against named peers, as ratios in one run; writes docs/benchmarks.md
	@scripts/setup.sh bench
	@$(MAKE) --no-print-directory assets
	python3 benches/bench.py

attack: ## attack pages in a browser and the API with 20,000 generated requests (CASES=…); open all CSV files in LibreOffice
	@scripts/setup.sh attack
	@$(MAKE) --no-print-directory assets
	cargo build --bin pendopo
	OF_A_KIND=4 cargo nextest run -p pendopo --test attack --success-output final
	python3 benches/attack.py --cases $(or $(CASES),20000)

access: ## look at every page by the rules of WCAG 2.2 AA in a real browser: both languages and themes, all sizes, the demo too
	@scripts/setup.sh test
	@$(MAKE) --no-print-directory assets
	cargo build --bin pendopo-sample
	WHOLE=1 cargo nextest run -p pendopo --test it --success-output final -E 'test(/^access::/)'

soak: ## keep a wall going in a real browser: 50,000 rotations (ROTATIONS=…) and 500 outages (OUTAGES=…)
	@scripts/setup.sh test
	@$(MAKE) --no-print-directory assets
	ROTATIONS=$(or $(ROTATIONS),50000) OUTAGES=$(or $(OUTAGES),500) cargo nextest run --release -p pendopo --test it --no-capture -E 'test(a_wall_)'

assets: $(VENDOR)/.done ## fetch fonts by npm, to be embedded in the program

$(VENDOR)/.done: crates/server/web-assets/package-lock.json
	@scripts/setup.sh build
	@scripts/assets.sh

shots: ## run the demo and take screenshots of all pages into docs/screenshots/
	@scripts/setup.sh shots
	@$(MAKE) --no-print-directory assets
	cargo build --bin pendopo --bin pendopo-sample
	scripts/shots.sh

clean-services: ## stop the database servers that the tests started
	cargo run --quiet -p pendopo-testkit -- stop
