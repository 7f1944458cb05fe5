# Everything that people and CI call. `make help` lists it.
PYTHON ?= python3
RUN := .venv
DEV := .venv-dev
BENCH := .venv-bench
INSTALL := pip install --quiet --disable-pip-version-check -c constraints.txt

.PHONY: help run test cluster check build eval fit bench bench-growth bench-alerts clean
.DEFAULT_GOAL := help

help:  ## show this
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

run: $(RUN)/installed  ## the bot on Telegram with PULLQUOTE_TOKEN set (environment or .env), else a chat page
	@if [ -n "$$PULLQUOTE_TOKEN" ] || grep -qsE '^ *(export +)?PULLQUOTE_TOKEN *= *[^ ]' .env; \
	then exec $(RUN)/bin/pullquote run; else exec $(RUN)/bin/pullquote try; fi

test: $(DEV)/installed  ## the whole suite, in its own environment
	HF_HUB_OFFLINE=1 $(DEV)/bin/python -m pytest --numprocesses=auto $(ARGS)

cluster: $(DEV)/installed  ## three hosts with one PostgreSQL, killed 60 times; ten minutes
	PULLQUOTE_TEST_KILLS=60 HF_HUB_OFFLINE=1 $(DEV)/bin/python -m pytest -s tests/e2e/test_cluster.py $(ARGS)

check: $(DEV)/installed  ## ruff and mypy --strict
	$(DEV)/bin/ruff check .
	$(DEV)/bin/ruff format --check .
	$(DEV)/bin/mypy

build: $(DEV)/installed  ## the wheel, into dist/
	$(DEV)/bin/python -m build --wheel --outdir dist .

eval: $(RUN)/installed  ## figures on a data set: make eval DATA=folder
	$(RUN)/bin/pullquote eval $(DATA)

fit: $(DEV)/installed  ## the numbers of the confidence, from data sets: make fit DATA="folder folder"
	$(DEV)/bin/python scripts/fit_confidence.py $(DATA) $(ARGS)

bench: $(RUN)/installed $(BENCH)/installed  ## speed beside four others: make bench DATA="folder folder"
	HF_HUB_OFFLINE=1 $(RUN)/bin/python scripts/bench/speed.py --data $(DATA) $(ARGS)

bench-growth: $(RUN)/installed  ## 10,000 to a million passages: make bench-growth DATA="folder folder"
	HF_HUB_OFFLINE=1 $(RUN)/bin/python scripts/bench/growth.py --data $(DATA) $(ARGS)

bench-alerts: $(DEV)/installed  ## 6,000 feeds, 100,000 topics, 200,000 alerts: make bench-alerts DATA=multihop-facts
	$(DEV)/bin/python scripts/bench/feeds.py
	HF_HUB_OFFLINE=1 $(DEV)/bin/python scripts/bench/topics.py --data $(DATA)
	HF_HUB_OFFLINE=1 $(DEV)/bin/python scripts/bench/delivery.py $(ARGS)

clean:  ## the environments and everything built
	rm -rf $(RUN) $(DEV) $(BENCH) dist artifacts .pytest_cache .mypy_cache .ruff_cache .hypothesis

# Without constraints.txt: a peer may want an older version of what Pullquote has, too.
$(BENCH)/installed: scripts/bench/requirements.txt
	rm -rf $(BENCH)
	$(PYTHON) -m venv $(BENCH)
	$(BENCH)/bin/pip install --quiet --disable-pip-version-check -r scripts/bench/requirements.txt
	@touch $@

# A new environment each time the dependencies change: an old one may hold what is gone.
$(DEV)/installed: GROUP := --group dev
%/installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Pullquote needs Python 3.11 or newer: make PYTHON=python3.x")'
	rm -rf $*
	$(PYTHON) -m venv $*
	@echo 'Installing into $*; the first time takes a minute or two …'
	$*/bin/$(INSTALL) --upgrade pip
	$*/bin/$(INSTALL) -e . $(GROUP)
	@touch $@
