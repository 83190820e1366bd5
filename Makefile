# `make` renders every spec in configs/; `make test` runs the tests. Both make .venv first.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PYTEST := $(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist worksteal
SPECS  := $(sort $(wildcard configs/*.yaml))

# bytecode makes the start three times faster
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := all
.PHONY: all help test test-fast test-all lint stress fuzz smoke dist-check bench bench-quick gallery readme-gif golden schema strings docs clean

all: $(VENV)/installed  ## render every spec in configs/ to outputs/; films that are up to date are kept
	$(BIN)/nnviz render --skip-existing $(SPECS)

help:  ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

test-fast: $(VENV)/tested  ## the tests that start no process and no TensorFlow; a minute
	$(PYTEST) -m "not process and not slow"

test: $(VENV)/tested  ## the tests, without the slow ones; five minutes on two cores
	$(PYTEST) -m "not slow"

test-all: $(VENV)/tested  ## all tests
	$(PYTEST)

lint: $(VENV)/linted  ## style, format and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

stress: $(VENV)/tested  ## kill 200 renders at random moments and look at what is left; 15 minutes
	$(BIN)/python -m tests.stress

fuzz: $(VENV)/tested  ## coverage-guided fuzzing of the reader and the checks; 5 minutes
	$(BIN)/pip install --quiet --editable '.[fuzz]'
	$(BIN)/python -m tests.fuzz

smoke: $(VENV)/installed  ## three frames of every spec, to a folder that is thrown away
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && \
	$(BIN)/nnviz render $(SPECS) --frames 3 -o "$$folder/{name}.mp4" && ls "$$folder" | grep -c mp4$$

dist-check: $(VENV)/tested  ## tests from the sdist, and a film by the wheel that is installed alone
	$(BIN)/pip install --quiet build
	.ci/dist-check $(BIN)/python

bench: $(VENV)/installed  ## everything against its peers; 25 minutes. PEERS=python with manim and kviz
	$(BIN)/python benchmarks/bench.py --peers "$(PEERS)"

bench-quick: $(VENV)/installed  ## a short run of the same
	$(BIN)/python benchmarks/bench.py --quick

golden: $(VENV)/tested  ## draw the pictures anew that tests compare with; look at them before you commit
	$(BIN)/python -m tests.golden

schema: $(VENV)/installed  ## write the generated files: Keras's names, the JSON Schema, the references
	$(BIN)/python -m nnviz_cli.train.keras_catalog 2>/dev/null > $(VENV)/keras_names.json
	mv $(VENV)/keras_names.json nnviz_cli/spec/keras_names.json
	$(BIN)/nnviz schema > $(VENV)/schema.json
	mv $(VENV)/schema.json nnviz_cli/spec.schema.json
	$(BIN)/python -m nnviz_cli.command.reference > $(VENV)/reference.md
	mv $(VENV)/reference.md docs/reference.md
	$(BIN)/python -m nnviz_cli.command.layout_reference > $(VENV)/recording.md
	mv $(VENV)/recording.md docs/recording.md

strings: $(VENV)/tested  ## write tests/strings.txt: every message, help text and label, to read in one go
	$(BIN)/python -m tests.strings

gallery: $(VENV)/installed  ## the films of docs/gallery.md, from configs/gallery/
	$(BIN)/nnviz render configs/gallery/*.yaml -o 'docs/gallery/{name}.gif' --size 640x360 --max-size 800kB
	$(BIN)/nnviz morph configs/gallery/hidden-space.yaml -o docs/gallery/morph.gif --size 640x360 --fps 12
	rm docs/gallery/*.gif.json

readme-gif: $(VENV)/installed  ## the film on top of the README
	$(BIN)/nnviz render configs/ring_1-3-2-1.yaml -o docs/ring_1-3-2-1.gif --size 800x450
	rm docs/ring_1-3-2-1.gif.json

docs: $(VENV)/documented  ## README.md, CONTRIBUTING.md and docs/ as a site, in docs/site/_build
	$(BIN)/sphinx-build --quiet -W --keep-going -c docs/site . docs/site/_build
	@echo docs/site/_build/index.html

clean:  ## remove the environment and the films
	rm -rf $(VENV) docs/site/_build outputs/*

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/installed: pyproject.toml | $(VENV)/bin/python
	$(BIN)/pip install --quiet --editable .
	@touch $@

$(VENV)/tested: pyproject.toml | $(VENV)/bin/python
	$(BIN)/pip install --quiet --editable '.[test]'
	@touch $@ $(VENV)/installed

$(VENV)/linted: pyproject.toml | $(VENV)/bin/python
	$(BIN)/pip install --quiet --editable '.[test,lint]'
	@touch $@ $(VENV)/installed $(VENV)/tested

$(VENV)/documented: pyproject.toml | $(VENV)/bin/python
	$(BIN)/pip install --quiet --editable '.[docs]'
	@touch $@ $(VENV)/installed
