.DEFAULT_GOAL := help
.PHONY: help demo preview lint check test format fuzz picture docs lock clean bench bench-check load chaos outage evaluate audit images-check drill operations

PORT ?= 7070
PROCESSORS ?= 1
ARGS ?=
# What `make chaos` asks, how fast a second, and the seed of everything it breaks.
N ?= 200
SEED ?= 1
# How long `make fuzz` looks for a text that a reader raises on or takes too long for.
SECONDS ?= 60
RATE ?= 12
# Tests run side by side in this many processes; many of them wait more than they work (tests/conftest.py).
WORKERS ?= 3
# Set WHEELS= to let pip compile a package that has no wheel for this machine.
WHEELS ?= --only-binary :all:

VENV := .venv
PY := $(VENV)/bin/python
INTERPRETERS := python3.14 python3.13 python3.12 python3.11 python3

help: ## Show what can be done
	@awk 'BEGIN { FS = ":.*## " } /^##@ / { printf "\n%s\n", substr($$0, 5) } \
	  /^[a-z-]+:.*## / && $$1 != "help" { printf "  make %-13s %s\n", $$1, $$2 }' Makefile

##@ Try

demo: $(VENV)/.demo ## Run everything on this machine; open http://127.0.0.1:7070 (PORT=... PROCESSORS=...)
	@exec $(PY) -m simulators --port $(PORT) --processors $(PROCESSORS)

preview: $(VENV)/.dev ## Show answers as Gemini writes them beside what Slack shows (PORT=...)
	@exec $(PY) -m tests.preview --port $(PORT)

##@ Develop

lint: $(VENV)/.dev ## Check formatting, lint, import rules and types
	@$(VENV)/bin/ruff format --check --quiet || { echo "Not formatted: run make format"; exit 1; }
	@$(VENV)/bin/ruff check --quiet
	@$(VENV)/bin/lint-imports --no-logo > $(VENV)/imports.txt || { cat $(VENV)/imports.txt; exit 1; }
	@$(VENV)/bin/mypy

check: lint ## The same, and run the unit tests
	@$(PY) -m pytest -q -n $(WORKERS) --dist loadfile tests/unit

test: $(VENV)/.dev ## Run every test, about fifteen minutes on two cores (ARGS=...)
	@echo "Every test: about fifteen minutes on two cores. A part: make test ARGS=tests/unit"
	@$(PY) -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

format: $(VENV)/.dev ## Format the code and mend what lint can mend
	@$(VENV)/bin/ruff check --quiet --fix || true
	@$(VENV)/bin/ruff format

fuzz: $(VENV)/.dev ## Look for texts that a reader raises on or is slow at (SECONDS=... SEED=...)
	@$(PY) -m tests.fuzz --seconds $(SECONDS) --seed $(SEED) $(ARGS)

picture: $(VENV)/.dev ## Take the READMEs' pictures again, of the running demo (docs/images)
	@$(PY) -m tests.pictures $(ARGS)

docs: $(VENV)/.dev ## Write docs/openapi.json and the examples of docs/api.md again
	@$(PY) -m tests.documents

lock: ## Renew the lock files from pyproject.toml (needs uv)
	@command -v uv >/dev/null || { echo "uv is needed: https://docs.astral.sh/uv/"; exit 1; }
	$(COMPILE) --all-extras --group dev -o requirements-dev.lock
	$(COMPILE) $(AS_DEV) --extra command --extra processor --extra simulators -o requirements-demo.lock
	$(COMPILE) $(AS_DEV) --extra command -o requirements-command.lock
	$(COMPILE) $(AS_DEV) --extra processor -o requirements-processor.lock
	$(COMPILE) $(AS_DEV) --extra operations -o requirements-operations.lock
	$(COMPILE) --all-extras --group dev --group bench $(AS_DEV) -o requirements-bench.lock
	$(COMPILE) $(AS_DEV) --group audit -o requirements-audit.lock

clean: ## Remove the environment, the caches and the logs
	rm -rf $(VENV) .run .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis test-results
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

##@ Measure

bench: $(VENV)/.bench ## Measure both services beside two references (twenty minutes; ARGS=--quick)
	@$(PY) -m benchmarks run $(ARGS)

bench-check: $(VENV)/.dev ## A small benchmark: fails when its ratios are far above the stored ones
	@$(PY) -m benchmarks check

load: $(VENV)/.bench ## Load by Locust for minutes, judged by the plan (ARGS="--seconds 180 --rate 10 --soak")
	@$(PY) -m benchmarks.load $(ARGS)

chaos: $(VENV)/.dev ## Break everything while N questions are asked; none is lost or doubled (N=... SEED=...)
	@$(PY) -m tests.chaos --questions $(N) --seed $(SEED) --rate $(RATE)

outage: $(VENV)/.dev ## Gemini fails for ten minutes while people ask; each is told once (ARGS="--seconds 120")
	@$(PY) -m tests.measure.outage $(ARGS)

evaluate: $(VENV)/.dev ## Forty questions in two languages, answers judged by rules (needs GEMINI_API_KEY; ARGS=...)
	@$(PY) -m tests.evaluate $(ARGS)

##@ Release

audit: $(VENV)/.audit ## Ask osv.dev about everything that a lock file names (needs the internet)
	@$(PY) -m deploy.audit

images-check: $(VENV)/.dev ## Build both container images with buildah, look into them, let them answer
	@$(PY) -m tests.images

drill: $(VENV)/.dev ## Follow the installation page word by word; bring out a bad version, and see it taken back
	@$(PY) -m tests.drills.installation
	@$(PY) -m tests.drills.pipeline
	@$(PY) -m tests.drills.rollback

operations: $(VENV)/.operations ## Install what `python -m deploy.…` needs, and nothing else
	@echo "Ready. Go on with: . $(VENV)/bin/activate"

COMPILE := uv pip compile -q --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header --no-annotate pyproject.toml
AS_DEV := -c requirements-dev.lock

# What tests need contains what the demo needs, in the same versions.
$(VENV)/.demo: requirements-demo.lock $(PY)
	@if [ -e $(VENV)/.dev ] && [ $(VENV)/.dev -nt requirements-dev.lock ]; then :; else $(call install,$<); fi
	@touch $@

$(VENV)/.operations: requirements-operations.lock $(PY)
	@if [ -e $(VENV)/.dev ] && [ $(VENV)/.dev -nt requirements-dev.lock ]; then :; else $(call install,$<); fi
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(PY)
	@$(call install,$<)
	@touch $@

$(VENV)/.bench: requirements-bench.lock $(VENV)/.dev
	@$(call install,$<)
	@touch $@

$(VENV)/.audit: requirements-audit.lock $(VENV)/.dev
	@$(call install,$<)
	@touch $@

# The lock files are whole, so nothing is resolved: older pips look for "name[extra]" beyond the pins.
# One line counts the packages; pip's own report is shown only if something fails.
define install
echo "Installing $(1) into $(VENV) (about a minute the first time)"; \
{ $(PY) -m pip install --disable-pip-version-check --no-input --no-deps --require-hashes $(WHEELS) \
    -r $(1) 2>&1 || echo "pip failed"; } | tee $(VENV)/pip.log | \
awk -v all=$$(grep -c '^[A-Za-z].*==' $(1)) -v terminal=$$([ -t 2 ] && echo 1) ' \
  function show(text) { if (terminal) { printf "\r  %-60.60s", text; fflush() } } \
  /^(Collecting|Processing|Requirement already)/ { show(++n " of " all) } \
  /^Installing collected/ { show("unpacking") } \
  /^pip failed/ { failed = 1 } END { show(""); if (terminal) printf "\r"; exit failed }' || { \
  grep -v -e '^Collecting' -e '^ ' -e '^Requirement already' $(VENV)/pip.log | tail -n 12; \
  echo; echo "A dependency could not be installed. If it has no ready-made wheel for $$($(PY) -V)"; \
  echo "on this machine, it must be built: install a C compiler and repeat with WHEELS= (make demo WHEELS=)."; \
  exit 1; }
endef

$(PY):
	@for name in $(INTERPRETERS); do \
	  version=$$($$name -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])' 2>/dev/null) || continue; \
	  if $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then found=$$name; break; fi; \
	  older="; $$name is $$version"; \
	done; \
	if [ -z "$$found" ]; then \
	  echo "Python 3.11 or newer is needed$$older. Install one: https://www.python.org/downloads/" >&2; exit 1; \
	fi; \
	if ! $$found -c 'import ensurepip, venv' 2>/dev/null; then \
	  version=$$($$found -c 'import sys; print("%d.%d" % sys.version_info[:2])'); \
	  echo "Python $$version cannot make environments yet: sudo apt install python$$version-venv"; exit 1; \
	fi; \
	echo "Making $(VENV) with $$($$found -V)"; \
	$$found -m venv $(VENV)
