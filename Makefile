# Everything a newcomer or a CI run needs. `make help` lists it.
.DEFAULT_GOAL := help
.PHONY: help run test peers s3 fmt lint openapi bench show large streams torture torture-short fair schemathesis receivers compose-check
# PostgreSQL counts statements where its extension for that is installed, and `bench` asks for it.
COUNT_STATEMENTS = $(if $(wildcard /usr/share/postgresql/*/extension/pg_stat_statements.control),\
	-c shared_preload_libraries=pg_stat_statements -c pg_stat_statements.track=none)

help: ## Lists the commands
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile

run: ## Starts everything in one process and prints the page's address
	cargo run --locked

test: ## Runs all tests, on SQLite and in memory as well as on private PostgreSQL and Redis servers
	scripts/with-services.sh cargo test --locked --workspace

peers: ## Runs public clients of X, unmodified, against the simulator; needs python3 with venv
	cargo build --locked -p dualposts
	scripts/peers.sh $${CARGO_TARGET_DIR:-target}/debug/dualposts

schemathesis: ## Compares the API with its OpenAPI document, by thousands of requests; needs python3 with venv
	cargo build --locked -p dualposts
	scripts/schemathesis.sh $${CARGO_TARGET_DIR:-target}/debug/dualposts $(ARGS)

receivers: ## Verifies our webhooks with public libraries of their specification; needs python3 with venv
	cargo build --locked -p dualposts
	scripts/receivers.sh $${CARGO_TARGET_DIR:-target}/debug/dualposts

compose-check: ## Checks Dockerfile and docker-compose.yml, and starts its services as processes; needs python3 with venv
	cargo build --locked -p dualposts
	scripts/compose-check.sh $${CARGO_TARGET_DIR:-target}/debug/dualposts

s3: ## Runs the tests of the media store against a real S3 server; needs python3 with venv
	cargo test --locked -p media --no-run
	scripts/s3.sh cargo test --locked -p media s3 -- --ignored

fmt: ## Formats the code
	cargo fmt --all

lint: ## What CI checks beside the tests
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --no-deps --document-private-items

openapi: ## Writes openapi.json anew
	cargo run --locked --quiet -- openapi > openapi.json

bench: ## Measures speed, cost, growth and a peer, and prints ratios; ARGS="--brief" or ARGS="--only growth"
	cargo build --locked --release --workspace --bin dualposts --bin bench
	FSYNC=on POSTGRES_OPTIONS="$(COUNT_STATEMENTS)" \
		scripts/with-services.sh $${CARGO_TARGET_DIR:-target}/release/bench $(ARGS)

fair: ## 10,000 posts over 1,000 accounts due at once, limits in force: how late who is, and no refusal
	cargo build --locked --release --workspace --bin dualposts --bin fair
	FSYNC=on scripts/with-services.sh $${CARGO_TARGET_DIR:-target}/release/fair $(ARGS)

show: ## Posts each kind of content and shows what is live beside what was asked; ARGS="--only chain" for some
	cargo build --locked --workspace --bins
	$${CARGO_TARGET_DIR:-target}/debug/show $(ARGS)

large: ## Sends a video of 500 MB to both platforms, and prints how much memory that took
	cargo build --locked --release --workspace --bin dualposts --bin large
	$${CARGO_TARGET_DIR:-target}/release/large

streams: ## Opens 10,000 event streams at one process, and prints how soon all hear of a post
	cargo build --locked --release --workspace --bin dualposts --bin streams
	$${CARGO_TARGET_DIR:-target}/release/streams

torture: ## Runs everything that can go wrong against both backends; ARGS="--posts 300 --seed 7" for another run
	cargo build --locked --release --workspace --bin dualposts --bin torture
	scripts/with-services.sh $${CARGO_TARGET_DIR:-target}/release/torture $(ARGS)

torture-short: ## The same for a minute and a half, on the debug build
	cargo build --locked --workspace --bins
	scripts/with-services.sh $${CARGO_TARGET_DIR:-target}/debug/torture --posts 120 --brief $(ARGS)
