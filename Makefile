# `make run` and `make test` are all a newcomer needs. Everything real is in scripts/.
.DEFAULT_GOAL := help
.PHONY: help run test test-quick setup build lint fmt size sim mutants test-wasm test-e2e e2e-faults test-conformance \
	test-openapi conformance bench-cost bench-page fuzz load rust

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-17s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## set up what is missing, build, and serve on http://127.0.0.1:8787 (PORT=… for another; DB=postgres)
	@scripts/run

test: ## set up what is missing and run every test
	@scripts/test

test-quick: ## the tests that need no browser
	@scripts/test-quick

setup: ## set up everything, browsers included
	@scripts/setup --tests

build: ## build the tracker and the npm package into pkg/dist
	@scripts/setup
	@scripts/build-wasm
	@scripts/build-package

lint: ## check formatting and run clippy
	@scripts/lint

fmt: ## format the Rust sources
	@cargo fmt --all

size: build ## weigh what a page downloads
	@node bench/size.mjs

sim: ## run the simulator over SEEDS=… schedules from FIRST=… on, or until it is interrupted
	@scripts/sim

mutants: ## break the tracker's core in one place after another, and list what no test notices (FILE=src/queue.rs for one file)
	@scripts/mutants

test-wasm: setup ## the tracker's tests in headless Chromium, Firefox and WebKit
	@scripts/test-wasm

test-e2e: setup build ## real pages, a real browser, the real server
	@scripts/test-e2e

e2e-faults: setup build ## every fault ten times, in a table (RUNS=… for another number)
	@RUNS=$${RUNS:-10} scripts/test-e2e faults

test-conformance: ## judge the reference server and the example backend by the session API
	@scripts/test-conformance

test-openapi: ## judge the reference server by openapi.yaml with schemathesis
	@scripts/test-openapi

conformance: ## judge any backend by the session API (URL=http://host/api/sessions, ARGS=… for more)
	@cargo run --quiet --locked -p session-conformance -- $(or $(URL),$(error which backend? make conformance URL=http://host/api/sessions)) $(ARGS)

bench-cost: setup build ## what tracking costs the main thread, beside a naive tracker
	@scripts/bench-cost

bench-page: setup build ## what the script tag does to the score of a page: blocking time, layout shift, largest paint
	@scripts/bench-page

fuzz: ## a fuzzer against what strangers may send: a minute for each target (SECONDS_EACH=…)
	@scripts/fuzz

load: ## the reference server under load on this machine (SCENARIOS="beats faults …", SECONDS_EACH=600; see docs/LOAD.md)
	@scripts/load $(SCENARIOS)

# What calls cargo without setting up anything says first if there is none.
lint fmt sim mutants test-conformance test-openapi conformance fuzz load: rust
rust:
	@bash -c '. scripts/common.sh && need_rust'
