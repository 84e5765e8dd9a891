# Two commands on a fresh machine: `make demo` and `make test`. `make` alone lists the rest.
.DEFAULT_GOAL := help
.PHONY: help build test demo fuzz soak spark bench bench-peers fmt lint doc check-deps ci clean

# Handed on to the test or benchmark program: make test ARGS="--test sample_project"
ARGS ?=

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## build the command as it is released: target/release/branchline
	cargo build --locked --release

test: ## run all tests on SQLite, PostgreSQL and MariaDB; installs and starts the servers (ARGS)
	@.ci/test $(ARGS)

demo: ## run the sample project on SQLite files under target/demo
	@.ci/demo

fuzz: ## fuzz what reads text from outside, FUZZ_SECONDS (600) a target; brings cargo-fuzz (ARGS: targets)
	@.ci/fuzz $(ARGS)

soak: ## random graphs, commands and kills against a model, for SOAK_SECONDS (600); SOAK_SEED goes through a world again
	cargo test --locked --no-run --test soak
	.ci/servers run -- cargo test --locked --test soak -- --ignored --nocapture

spark: ## run the job that is exported to Spark, on a local cluster; brings PySpark and the JDBC drivers
	@.ci/spark

bench: ## measure, on servers that wait for the disk (ARGS)
	cargo bench --locked --no-run --bench speed
	.ci/servers run --durable -- cargo bench --locked --bench speed -- $(ARGS)

bench-peers: ## install the tools that the benchmark compares with, under target/peers
	@.ci/bench-peers

fmt: ## format the code
	cargo fmt

lint: ## formatting and clippy, warnings denied
	cargo fmt --check
	cargo clippy --locked --all-targets -- -D warnings

doc: ## the library's documentation, warnings denied: target/doc/branchline
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps

check-deps: ## licences, sources and duplicates of the dependencies, and advisories where they can be had
	@.ci/check-deps

ci: ## all that has to pass
	@.ci/run

clean: ## remove all that was built
	cargo clean
