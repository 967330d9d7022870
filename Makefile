# Every target sets up what it needs by itself; CONTRIBUTING.md says what each is for.
# All paths are relative and stay so: the folder may have any name, with spaces too.

.DEFAULT_GOAL := help
.PHONY: help run test laws faults soak more-kills check quick format lint types fences docs docs-check workflows bench forecast-bench smoke compare-builds package lock setup

# The environment's own interpreter starts fastest; the first time there is only the system's.
PYTHON = $$(command -v .venv/bin/python || echo python3)
STARTER = resources/examples/sort-the-inbox.baton.json
PICTURE = out/sort-the-inbox.png
WORKERS = 2
ROUNDS = 3
ARGS =

help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-14s %s\n", $$1, $$2 }' Makefile

run: setup  ## Open the window; without a display, run the starter in the terminal
	@if [ -n "$$DISPLAY$$WAYLAND_DISPLAY" ] || [ "$$(uname)" = Darwin ]; then \
		"$(PYTHON)" packaging/system_packages.py window && exec .venv/bin/python -m app; \
	else \
		picture="--picture $(PICTURE)"; \
		"$(PYTHON)" packaging/system_packages.py picture || picture=; \
		"$(PYTHON)" packaging/system_packages.py run && mkdir -p out && \
		exec .venv/bin/python -m app run $(STARTER) --rows samples $$picture; \
	fi

test: setup  ## Run all tests (ARGS="tests/unit -x" for some of them)
	@"$(PYTHON)" packaging/system_packages.py tests || true
	@.venv/bin/python -m pytest --numprocesses $(WORKERS) --dist loadgroup $(ARGS)

laws: setup  ## Try the laws with examples that were never drawn before (ROUNDS=10)
	@for round in $$(seq $(ROUNDS)); do \
		BATON_EXAMPLES=drawn .venv/bin/python -m pytest --numprocesses $(WORKERS) --dist loadgroup -m hypothesis $(ARGS) || exit 1; \
	done

faults: KILLS = 200
soak: KILLS = 2000
faults: more-kills  ## Kill engine, journal, cache and saves far more often than the tests do
soak: more-kills  ## The same for half an hour and more

more-kills: setup
	@"$(PYTHON)" packaging/system_packages.py tests || true
	@BATON_KILLS=$(KILLS) .venv/bin/python -m pytest --numprocesses $(WORKERS) --dist loadgroup \
		tests/faults/test_kills.py tests/faults/test_failing_writes.py \
		tests/faults/test_journal_faults.py tests/faults/test_saving.py tests/faults/test_power_cuts.py $(ARGS)

check: quick types docs-check workflows  ## Everything that reads the code without running it

quick: lint fences  ## The fast half of check, for a commit

lint: setup
	@.venv/bin/ruff check
	@.venv/bin/ruff format --check

types: setup
	@.venv/bin/python -m basedpyright

fences: setup
	@.venv/bin/lint-imports --no-logo

format: setup  ## Bring the code into the one form
	@.venv/bin/ruff check --fix
	@.venv/bin/ruff format

docs: setup  ## Write the generated pages and schemas anew
	@.venv/bin/python -m app.cli.docs

docs-check: setup
	@.venv/bin/python -m app.cli.docs --check

workflows: setup
	@"$(PYTHON)" packaging/lint_workflows.py

bench: setup  ## Measure the executor against a bare loop
	@.venv/bin/python tests/bench/run.py $(ARGS)

forecast-bench: setup  ## Measure how often forecasts hold, over some thousand scripted runs
	@.venv/bin/python tests/bench/forecast_coverage.py $(ARGS)

smoke: setup  ## Build the package and try it as a machine without Python and network has it
	@"$(PYTHON)" packaging/system_packages.py package || true
	@.venv/bin/python packaging/smoke.py --here --build

compare-builds: setup  ## Build the package twice and say in what the two differ
	@.venv/bin/python packaging/compare_builds.py $(ARGS)

package: setup  ## Build what people install, into out/package
	@"$(PYTHON)" packaging/bundle.py

lock: setup  ## Find the newest versions that fit and write all locks
	@set -e; compile() { \
		.uv/bin/uv pip compile --upgrade --quiet --universal --python-version 3.11 \
			--generate-hashes --only-binary :all: --exclude-newer "14 days" \
			--no-header --no-annotate "$$@" > /dev/null; \
	}; \
	compile --group bootstrap --output-file packaging/bootstrap.lock; \
	compile pyproject.toml --group dev --output-file requirements.lock; \
	compile pyproject.toml --group package --constraint requirements.lock --output-file packaging/package.lock

setup:  ## Only set up
	@"$(PYTHON)" packaging/bootstrap.py
