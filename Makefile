# Two commands for a newcomer: `make demo` and `make test`. Rust, Node and git are enough to start with.

.PHONY: demo test lint bench

# Builds, starts the server on ./data, loads the content of demo/ and prints what to try.
demo:
	@.ci/install
	cargo run --release --locked -- demo --data ./data

# Installs what the tests need and is missing, then runs every check and every test, slow ones too.
test: lint
	cargo test --workspace --locked

# Format and lints; warnings are errors in CI only.
lint:
	@.ci/install
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked $(if $(filter true,$(CI)),-- -D warnings)

# Measures ingest and preview beside their peers, and completion; docs/benchmarks.md explains the figures.
bench:
	@.ci/install
	cargo bench --locked --bench ingest
	cargo bench --locked --bench preview
	cargo bench --locked --bench complete
