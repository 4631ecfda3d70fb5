# Two commands for a newcomer: `make demo` and `make test`. Rust, Node and git are enough to start with.

.PHONY: demo test nightly lint wasm fuzz bench

# For each fuzz target: the seconds of `make fuzz`, and how many texts `make test` makes, the same ones each time.
FUZZ_SECONDS ?= 600
FUZZ_TEST_TEXTS ?= 20000

TARGET := $(or $(CARGO_TARGET_DIR),target)

# Builds, starts the server on ./data, loads the content of demo/ and prints what to try.
demo:
	@.ci/install build
	cargo run --release --locked -- demo --data ./data

# Installs what the tests need and is missing, then runs every check and every test, slow ones too.
test: lint wasm
	cargo test --workspace --locked
	node --test wasm/tests/
	fuzz/run $(FUZZ_TEST_TEXTS)

# The same properties over far more random rules and histories; takes hours.
nightly:
	@.ci/install
	PENSTOCK_HISTORIES=1000000 cargo test --locked -p penstock-engine --test supply
	PENSTOCK_RULE_SETS=5000 cargo test --locked -p penstock-engine --test agreement
	PENSTOCK_SETS=5000 cargo test --locked -p penstock-engine --test real_updates

# Format and lints; warnings are errors in CI only.
lint:
	@.ci/install
	cargo fmt --all --check
	cargo fmt --manifest-path fuzz/Cargo.toml --check
	cargo clippy --workspace --all-targets --locked $(if $(filter true,$(CI)),-- -D warnings)

# The rule language for browsers: an ES module with its types in wasm/pkg.
wasm:
	@.ci/install
	cargo build --locked -p penstock-dsl-wasm --profile wasm --target wasm32-unknown-unknown
	cargo run --quiet --locked -p penstock-wasm-pack -- $(TARGET)/wasm32-unknown-unknown/wasm/penstock_dsl_wasm.wasm wasm/pkg

# Looks for texts that break the rule language, for as long as FUZZ_SECONDS says.
fuzz:
	@.ci/install
	fuzz/run $(FUZZ_SECONDS)s

# Measures the rule language, ingest, preview and matching beside their peers, completion, and standing sets; docs/benchmarks.md explains them.
# The allocator as `serve` has it.
bench: export MIMALLOC_PURGE_DELAY = 10000
bench: export MIMALLOC_ALLOW_LARGE_OS_PAGES = 1
bench:
	@.ci/install build
	cargo bench --profile dist --locked -p penstock-dsl --bench rules
	cargo bench --profile dist --locked --bench ingest
	cargo bench --profile dist --locked --bench preview
	cargo bench --profile dist --locked --bench complete
	cargo bench --profile dist --locked --bench matching
	cargo bench --profile dist --locked --bench sets
