# The one entry point. `make` alone lists what there is.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= python3
COMMA := ,
# A study, and what is published, have captures of their own unless some are asked for, and what is published has its own
# preset: so both are taken before they get their defaults.
CAPTURES := $(value CAPTURE)
SCALE := $(or $(value PRESET),paper)
TWICE := $(if $(value PRESET),$(value PRESET),smoke$(COMMA)laptop)
PRESET ?= laptop
CAPTURE ?= studio_face
SEED ?= 0
# How many GPUs (or, without any, processes) train: a number, or auto.
DEVICES ?= 1
# The Jupyter kernel that executes the notebooks; empty: that of .venv. `make kernel` registers another one.
KERNEL ?=
# Another package index for PyTorch alone, for example one with builds for the CPU only; empty: the default one.
TORCH_INDEX ?=
MARKED ?=
UNMARKED ?=
TEMPLATE ?=
OUT ?=
CROP_MARKED ?=
CROP_UNMARKED ?=
# What `make train` does first: empty or on, the check of the capture; off, nothing.
CHECK ?=
VIDEO ?=
MODEL ?=
CROP ?=
SMOOTH ?=
STUDY ?= accuracy
SEEDS ?= 0,1,2
ROWS ?=
JOBS ?= 1
# How long `make study` and `make paper` go on; empty: to the end.
MINUTES ?=
# Which figure `make figure` makes: its label in a notebook, with or without "fig-".
NAME ?=

# Recipes read these as shell variables in quotes, and make takes them as they stand, so no value, whatever it holds, is run.
VALUES := PYTHON PRESET CAPTURE SEED DEVICES KERNEL TORCH_INDEX MARKED UNMARKED TEMPLATE OUT CROP_MARKED CROP_UNMARKED CHECK
VALUES += VIDEO MODEL CROP SMOOTH CAPTURES SCALE TWICE STUDY SEEDS ROWS JOBS MINUTES NAME
$(foreach name,$(VALUES),$(eval override $(name) := $$(value $(name))))
export $(VALUES)

# Footage kept beside the checkout is used before anything is fetched.
ifneq ($(wildcard ../shared/data/footage),)
export GLMK_DATA_MIRROR ?= $(abspath ../shared/data/footage)
endif

VENV := .venv
BIN := $(VENV)/bin
PEERS := .venv-peers
MUTATING := .venv-mutants
# A conda environment that is active (other than base) is the one to register; else .venv.
CONDA := $(if $(filter-out base,$(CONDA_DEFAULT_ENV)),$(wildcard $(CONDA_PREFIX)/bin/python))
export KERNEL_PYTHON ?= $(or $(CONDA),$(BIN)/python)

.PHONY: help env browser peers kernel lab check follow train predict book pdf figure studio benchmarks study paper report reproduce licences lock faults mutants test test-book lint clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
	@printf '%s\n' '' \
	  'Variables: PRESET=smoke|laptop|paper  CAPTURE=studio_face|studio_hand|studio_foot|face_a|face_b|hand_a|hand_b  SEED=0  KERNEL=name' \
	  '           studio_face_bands|studio_hand_bands|studio_foot_bands: with paint that changes its colour at every point' \
	  '           TORCH_INDEX=address  MARKED, UNMARKED, TEMPLATE, OUT, CROP_MARKED, CROP_UNMARKED (make check, make train)' \
	  '           DEVICES, CHECK=on|off (make train)' \
	  '           VIDEO, MODEL, OUT, CROP=x,y,w,h|boxes.csv, SMOOTH=one_euro|rts (make predict)  VIDEO, CROP, OUT (make follow)'

env: $(VENV)/.installed ## create .venv and install the pinned set (again only when the pins change)

$(VENV)/.installed: pyproject.toml constraints.txt
	@"$$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo "make: '$$PYTHON' is not Python 3.11 or newer; install it, or name another one: make PYTHON=python3.12 ..." >&2; exit 2; }
	@echo "installing the pinned set into $(VENV): some minutes, about 2 GB"
	"$$PYTHON" -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt $${TORCH_INDEX:+--index-url "$$TORCH_INDEX"} torch
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[notebooks,book,onnx,test]'
	$(BIN)/python -m pip check
	@touch $@

browser: env ## find Chromium, or install it
	@$(BIN)/python -m glmk_lib.publish.browser

peers: $(PEERS)/.installed ## install MediaPipe in an environment of its own (for the captures face_*, hand_* and make studio)

$(PEERS)/.installed: requirements-peers.txt
	"$$PYTHON" -m venv $(PEERS)
	$(PEERS)/bin/python -m pip install --quiet --requirement requirements-peers.txt
	@touch $@

kernel: env ## register the active conda environment, or .venv, as a Jupyter kernel (KERNEL=glmk)
	@"$$KERNEL_PYTHON" -P -c 'import glmk_lib, ipykernel' 2>/dev/null || \
	  { echo "make: $$KERNEL_PYTHON lacks glmk_lib or ipykernel; install them there (environment.yml), or choose .venv: make kernel KERNEL_PYTHON=.venv/bin/python" >&2; exit 2; }
	@"$$KERNEL_PYTHON" -m ipykernel install --user --name "$${KERNEL:-glmk}" --display-name "Generative Landmarks ($${KERNEL:-glmk})"
	@echo "Use it with: make book KERNEL=$${KERNEL:-glmk}"

lab: env ## open the notebooks in JupyterLab
	$(BIN)/python -m jupyterlab notebooks

check: _check-inputs env ## say what is wrong with your own videos before training: MARKED=a.mp4 UNMARKED=b.mp4 [TEMPLATE=t.json] [OUT=check/]
	@$(BIN)/python -m glmk_lib check --marked "$$MARKED" --unmarked "$$UNMARKED" --preset "$$PRESET" \
	  $${TEMPLATE:+--template "$$TEMPLATE"} $${OUT:+--out "$$OUT"} \
	  $${CROP_MARKED:+--crop-marked="$$CROP_MARKED"} $${CROP_UNMARKED:+--crop-unmarked="$$CROP_UNMARKED"}

.PHONY: _check-inputs
_check-inputs:
	@if [[ -z "$$MARKED" || -z "$$UNMARKED" ]]; then \
	  echo "usage: make check MARKED=a.mp4 UNMARKED=b.mp4 [TEMPLATE=t.json] [OUT=check/] [PRESET=laptop]" >&2; exit 2; fi

follow: _follow-inputs env ## follow a box through a video that moves about, for CROP: VIDEO=c.mp4 CROP=x,y,w,h OUT=boxes.csv
	@$(BIN)/python -m glmk_lib follow --video "$$VIDEO" --crop="$$CROP" --out "$$OUT"

.PHONY: _follow-inputs
_follow-inputs:
	@if [[ -z "$$VIDEO" || -z "$$CROP" || -z "$$OUT" ]]; then \
	  echo "usage: make follow VIDEO=c.mp4 CROP=x,y,w,h OUT=boxes.csv" >&2; exit 2; fi

train: _train-inputs env ## train on your own videos: MARKED=a.mp4 UNMARKED=b.mp4 TEMPLATE=t.json OUT=run/
	@$(BIN)/python -m glmk_lib train --marked "$$MARKED" --unmarked "$$UNMARKED" --template "$$TEMPLATE" --out "$$OUT" \
	  --preset "$$PRESET" --seed "$$SEED" --devices "$$DEVICES" \
	  $${CROP_MARKED:+--crop-marked="$$CROP_MARKED"} $${CROP_UNMARKED:+--crop-unmarked="$$CROP_UNMARKED"} \
	  $${CHECK:+--check "$$CHECK"}

# Before the environment, so that a forgotten variable is told at once.
.PHONY: _train-inputs
_train-inputs:
	@if [[ -z "$$MARKED" || -z "$$UNMARKED" || -z "$$TEMPLATE" || -z "$$OUT" ]]; then \
	  echo "usage: make train MARKED=a.mp4 UNMARKED=b.mp4 TEMPLATE=t.json OUT=run/ [PRESET=laptop] [SEED=0] [CHECK=off]" >&2; exit 2; fi

predict: _predict-inputs env ## track a video with a trained model: VIDEO=c.mp4 MODEL=run/landmarks.safetensors OUT=track/
	@$(BIN)/python -m glmk_lib predict --video "$$VIDEO" --model "$$MODEL" --out "$$OUT" \
	  $${CROP:+--crop="$$CROP"} $${SMOOTH:+--smooth "$$SMOOTH"}

.PHONY: _predict-inputs
_predict-inputs:
	@if [[ -z "$$VIDEO" || -z "$$MODEL" || -z "$$OUT" ]]; then \
	  echo "usage: make predict VIDEO=c.mp4 MODEL=run/landmarks.safetensors OUT=track/ [CROP=x,y,w,h] [SMOOTH=one_euro|rts]" >&2; exit 2; fi

book: env $(if $(filter face_% hand_%,$(CAPTURE)),peers) ## train, execute the notebooks and build the book
	@$(BIN)/python -m glmk_lib book --capture "$$CAPTURE" --preset "$$PRESET" --seed "$$SEED" $${KERNEL:+--kernel "$$KERNEL"}

pdf: env $(if $(filter face_% hand_%,$(CAPTURE)),peers) ## the book as a PDF, which `make book` makes first if need be
	@$(BIN)/python -m glmk_lib pdf --capture "$$CAPTURE" --preset "$$PRESET" --seed "$$SEED" $${KERNEL:+--kernel "$$KERNEL"}

figure: env $(if $(filter face_% hand_%,$(CAPTURE)),peers) ## make one figure again, from the runs that are there: NAME=jitter_scatter [CAPTURE=] [PRESET=] [SEED=]
	@$(BIN)/python -m glmk_lib figure --capture "$$CAPTURE" --preset "$$PRESET" --seed "$$SEED" $${KERNEL:+--kernel "$$KERNEL"} -- "$$NAME"

studio: env peers ## measure the studio: speed, exactness, how often MediaPipe finds its faces and hands
	$(BIN)/python benchmarks/studio_results.py

benchmarks: env ## measure speed and memory, side by side in one run: steps, renderer, frames, inference, tracking; a GPU where there is one
	$(BIN)/python benchmarks/step.py
	$(BIN)/python benchmarks/renderer.py
	$(BIN)/python benchmarks/memory.py
	$(BIN)/python benchmarks/inference.py
	$(BIN)/python benchmarks/tracking.py
	$(BIN)/python benchmarks/gpu.py

# Real footage needs the peers, and the footage study has some unless other captures are asked for.
study: env $(if $(or $(filter face_% hand_%,$(subst $(COMMA), ,$(CAPTURES))),$(if $(CAPTURES),,$(filter footage,$(STUDY)))),peers) ## measure what a study lacks: STUDY=accuracy|ingredients|springs|personalization|footage|channel [MINUTES=60] [JOBS=2] [CAPTURE=a,b] [ROWS=a,b]
	@$(BIN)/python -m glmk_lib study "$$STUDY" --preset "$$PRESET" --seeds "$$SEEDS" --jobs "$$JOBS" \
	  $${CAPTURES:+--capture "$$CAPTURES"} $${ROWS:+--rows "$$ROWS"} $${MINUTES:+--minutes "$$MINUTES"}

paper: env $(if $(or $(filter face_% hand_%,$(subst $(COMMA), ,$(CAPTURES))),$(if $(CAPTURES),,all)),peers) ## publish models at the paper's scale: [MINUTES=10] [CAPTURE=a,b]; PRESET=smoke rehearses
	@$(BIN)/python -m glmk_lib paper --preset "$$SCALE" --seed "$$SEED" \
	  $${CAPTURES:+--capture "$$CAPTURES"} $${MINUTES:+--minutes "$$MINUTES"}

report: env ## print the project's own figures beside their targets
	@$(BIN)/python -m glmk_lib report

reproduce: env $(if $(filter face_% hand_%,$(CAPTURE)),peers) ## run the chapters twice, at smoke and laptop, and compare every number: [PRESET=smoke]
	@$(BIN)/python -m glmk_lib reproduce --capture "$$CAPTURE" --preset "$$TWICE"

faults: env ## kill, starve and damage everything, into results/reliability.json: about an hour; stop at any time, it goes on
	@$(BIN)/python tests/faults/long.py

mutants: env $(MUTATING)/.installed ## change the code at random and see whether its tests notice, and plant regressions for the notebooks: about an hour; it goes on
	@$(BIN)/python tests/planted/long.py

$(MUTATING)/.installed: requirements-mutants.txt
	"$$PYTHON" -m venv $(MUTATING)
	$(MUTATING)/bin/python -m pip install --quiet --requirement requirements-mutants.txt
	@touch $@

lock: ## move every pin to the newest version that fits: constraints.txt, environment.yml and LICENCES.md
	rm -rf build/venv-lock
	"$$PYTHON" -m venv build/venv-lock
	build/venv-lock/bin/python -m pip install --quiet $${TORCH_INDEX:+--index-url "$$TORCH_INDEX"} torch
	build/venv-lock/bin/python -m pip install --quiet --editable '.[notebooks,book,onnx,test]'
	build/venv-lock/bin/python -m pip check
	build/venv-lock/bin/python -m pip freeze --all --exclude-editable --exclude pip | sed 's/+.*//' | \
	  grep -Ev '^(nvidia-|cuda-|triton|pytorch-triton)' > build/constraints.txt
	mv build/constraints.txt constraints.txt
	@$(MAKE) --no-print-directory _conda-pins licences

# PyTorch pins what it brings for CUDA itself, and environment.yml holds direct dependencies alone, so both are left out.
.PHONY: _conda-pins
_conda-pins:
	@mkdir -p build
	@awk -F '==' 'function key(n) { n = tolower(n); gsub(/[-_.]+/, "-", n); return n } \
	  NR == FNR { pin[key($$1)] = $$2; next } \
	  /^ +- [^ ]+==/ { name = $$1; sub(/^ +- /, "", name); if (key(name) in pin) { print $$1 "==" pin[key(name)]; next } } \
	  { print }' constraints.txt environment.yml > build/environment.yml
	@mv build/environment.yml environment.yml

licences: env ## list the licences of everything that is pinned, in LICENCES.md
	"$$PYTHON" -m venv build/venv-licences
	build/venv-licences/bin/python -m pip install --quiet --requirement requirements-licences.txt
	@{ printf '%s\n' '# Third-party licences' '' 'What `constraints.txt` pins, and the licence that each package states: a name, or a text'"'"'s first line. `make licences` writes this file.' \
	  'The scripts of the book'"'"'s pages are pinned with theirs in `book/package-lock.json` and `book/runtime/package-lock.json`.' ''; \
	  build/venv-licences/bin/pip-licenses --python=$(BIN)/python --format=markdown --order=name --from=mixed --with-system \
	  --no-version --ignore-packages glmk-lib pip | sed -E '/^\| +\|/d; s/ +/ /g; s/-{3,}/---/g'; } > build/LICENCES.md
	@mv build/LICENCES.md LICENCES.md

# Two processes of one thread: two that each use all cores would wait for one another most of the time.
test: env browser ## run the tests
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses=2 --no-loadscope-reorder --durations=15

test-book: env browser ## every test of pages, in full, on the book that `make book` has built: CAPTURE=, PRESET=; and the notebooks as Colab gets them
	GLMK_TEST_BOOK="$$PWD/build/book/$$CAPTURE-$$PRESET/html/index.html" $(BIN)/python -m pytest --durations=5 tests/book/test_pages.py tests/publish/test_launch.py

lint: env ## check the code's style, and the spelling
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/codespell

clean: ## delete build/: captures, training runs, executed notebooks and the book (environments and results stay)
	rm -rf build .pytest_cache .ruff_cache .hypothesis
