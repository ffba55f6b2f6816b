# Every recipe makes the environment it needs first; that takes no time when it is there.
.DEFAULT_GOAL := help
.PHONY: help up test check bench drills conformance migration pictures lock audit

python := .venv/bin/python
compile := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header pyproject.toml

help: ## list these recipes
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1|/' | \
		awk -F'|' '{ printf "%-20s %s\n", $$1, $$2 }'

up: ## run CatchUp here: PostgreSQL, Redis, server and worker; Ctrl-C stops all
	@.ci/environment runtime
	@exec .venv/bin/catchup up

# Each worker has a PostgreSQL and a Redis of its own.
test: ## run all tests, some at once; options in args="-k free_slots"
	@.ci/environment dev
	@$(python) -m pytest -n auto --maxprocesses 4 --dist worksteal $(args)

check: ## style, types, import rules, playbook; review need not look for these
	@.ci/environment dev
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy
	.venv/bin/lint-imports --no-logo
	$(python) -m pytest tests/test_architecture.py
	@if [ -n "$$(ls ansible 2>/dev/null)" ]; then \
		PATH="$(CURDIR)/.venv/bin:$$PATH" .venv/bin/ansible-lint --offline --profile production ansible; \
	fi

bench: ## measure the figures of benchmarks/README.md
	@.ci/environment dev
	@$(python) -m benchmarks $(args)

drills: ## break what it needs under load, for minutes, and print what came of it
	@.ci/environment dev
	@HYPOTHESIS_PROFILE=default $(python) -m pytest -m drill -o faulthandler_timeout=3600 -s $(args)

conformance: ## compare with known facts: make conformance DATA=folder
	@test -n "$(DATA)" || { echo "usage: make conformance DATA=folder" >&2; exit 2; }
	@.ci/environment dev
	@$(python) -m tests.conformance "$(DATA)"

migration: ## write the next database migration: make migration name=add_photos (then read it)
	@test -n "$(name)" || { echo "usage: make migration name=what_changes" >&2; exit 2; }
	@.ci/environment dev
	@.venv/bin/piccolo migrations new catchup --auto --desc="$(name)"

pictures: ## draw the dashboard's screens for the README
	@.ci/environment dev
	@$(python) -m tests.tui.pictures docs/pictures

lock: ## resolve pyproject.toml again into both lock files (needs uv: pip install uv)
	@command -v uv >/dev/null || { echo "uv is missing; get it with: pip install uv" >&2; exit 2; }
	$(compile) --extra embedded --output-file requirements.lock
	$(compile) --extra embedded --extra dev --output-file requirements-dev.lock

audit: ## known vulnerabilities of the locked dependencies; writes build/sbom.cdx.json
	@.ci/environment dev
	@$(python) .ci/audit
