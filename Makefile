# make        set up and run the demo
# make test   set up and run all tests
.DEFAULT_GOAL := run
.PHONY: run test chaos contract lint format bench bench-steps mutants lock clean venv venv-dev

# Newer versions of everything: make lock UPGRADE=--upgrade
UPGRADE ?=
COMPILE = .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header $(UPGRADE)

run: venv
	@.venv/bin/outreach demo

test: venv-dev
	@.venv/bin/pytest

# Processes killed, clocks jumping and disks full, for some minutes, and then every promise checked by brute force.
chaos: venv-dev
	@.venv/bin/python -m tests.chaos --store all --seed 1 --seed 2 --seed 3 --kills 40 --contacts 1000

# The twilio plugin against Twilio's own OpenAPI description. Needs Node 20 with npm, and the network once.
CONTRACT = build/contract/node_modules/.bin/prism
contract: venv-dev $(CONTRACT)
	@.venv/bin/pytest -n0 tests/contract

$(CONTRACT):
	@mkdir -p build/contract
	npm install --prefix build/contract --no-save --no-audit --no-fund --ignore-scripts --loglevel error \
	  @twilio-alpha/mcp@0.7.0 @stoplight/prism-cli@5.14.2

lint: venv-dev
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy
	.venv/bin/lint-imports

format: venv-dev
	.venv/bin/ruff check --fix-only --quiet
	.venv/bin/ruff format

# Some figures only, or another form: make bench BENCH="P1 P2 --quick"
BENCH ?=
PEERS = build/peers/ready
bench: venv-dev
	@$(MAKE) --no-print-directory $(PEERS) || echo "bench: the peers cannot be installed; their figures are left out"
	@.venv/bin/python benchmarks/run.py $(BENCH)

bench-steps: venv-dev
	@.venv/bin/python benchmarks/steps.py $(BENCH)

# What others do is measured beside us, in an environment of its own.
$(PEERS): benchmarks/peers.lock
	@echo "bench: installing what benchmarks/peers.lock names"
	@rm -rf build/peers
	@.venv/bin/uv venv --quiet --python .venv/bin/python build/peers
	@VIRTUAL_ENV=build/peers .venv/bin/uv pip sync --quiet --require-hashes benchmarks/peers.lock
	@touch $@

mutants: venv-dev
	.venv/bin/mutmut run --max-children 2

# No lock may name a host: requirements files with hashes do not (tests/meta/test_packaging.py).
lock:
	@sh tools/venv.sh uv
	$(COMPILE) --all-extras --group dev pyproject.toml build.in -o requirements-dev.lock
	$(COMPILE) --constraints requirements-dev.lock pyproject.toml build.in -o requirements.lock
	$(COMPILE) tools/uv.in -o tools/uv.lock.txt
	$(COMPILE) benchmarks/peers.in -o benchmarks/peers.lock

clean:
	rm -rf .venv dist build .coverage .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache mutants

# The script itself knows whether there is anything to do.
venv:
	@sh tools/venv.sh run
venv-dev:
	@sh tools/venv.sh dev
