# The commands of this checkout. Each makes the environment first where it needs one.
#
#   make demo        fetch real text, train a base model, continue it, write a report (about 10 minutes on 2 cores)
#   make test        the whole test suite, CPU only
#   make lint        ruff and mypy
#   make env         the environment alone: .venv, with .venv/bin/headwater
#   make clean-demo  remove what the demo made; the text it fetched stays
#
# PYTHON           which interpreter builds the environment: 3.11 or 3.12 (default python3)
# TORCH_INDEX_URL  package index to take torch from, where the usual one offers a build you do not want: the usual
#                  one gives Linux a CUDA build of several gigabytes; PyTorch's installation page names its CPU index
# TEST_PROCESSES   how many processes share the tests (default 2); each wants a core and up to 3 GiB
# HEADWATER_LLM_URL  address of an OpenAI-compatible server, up to and with /v1: the demo then also asks its first model
#                  for questions and answers (key, where one is wanted: HEADWATER_LLM_KEY)

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.DEFAULT_GOAL := help
.PHONY: help env demo test lint clean-demo

PYTHON ?= python3
TORCH_INDEX_URL ?=
TEST_PROCESSES ?= 2
EXTRAS := data,chinese,synth,train,tune,report,demo,dev
BIN := .venv/bin

# The environment is fresh when it was completed for this very folder, these requirements and these versions.
STAMP := .venv/.headwater-$(shell { echo '$(CURDIR)'; cat pyproject.toml constraints.txt; } | sha256sum | cut -c1-16)

# Says which package pip is at: one line that changes on a terminal, one line in twenty elsewhere.
define SHOW_PIP
show_pip() {
  local seen=0 verb what rest
  while read -r verb what rest; do
    case "$$verb" in Collecting|Obtaining|Building|Installing) ;; *) continue ;; esac
    seen=$$((seen + 1))
    if [ -t 1 ]; then printf '\r\033[K  %d: %s %s' "$$seen" "$$verb" "$$what"
    elif [ $$((seen % 20)) = 0 ]; then echo "  $$seen: $$verb $$what"; fi
  done
  if [ -t 1 ]; then printf '\r\033[K'; fi
}
endef

help:
	@sed -n '/^#   /s/^#   //p' Makefile

env: $(STAMP)

$(STAMP):
	@$(SHOW_PIP)
	version=$$($(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || {
	  echo "error: $(PYTHON) does not start; install Python 3.11 or 3.12, or name one: make env PYTHON=/path/to/python3.11" >&2
	  exit 2
	}
	case "$$version" in
	  3.11|3.12) ;;
	  *) echo "error: $(PYTHON) is Python $$version; Headwater needs 3.11 or 3.12. Name one: make env PYTHON=python3.11" >&2
	     exit 2 ;;
	esac
	$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || {
	  echo "error: $(PYTHON) cannot make environments: its venv module is missing." \
	       "On Debian and Ubuntu: apt-get install python3-venv" >&2
	  exit 2
	}
	# Kept where it still belongs to this folder and this Python, so that an interrupted installation goes on.
	rm -f .venv/.headwater-*
	if [ "$$($(BIN)/python -c 'import sys; print("%d.%d %s" % (*sys.version_info[:2], sys.prefix))' 2>/dev/null)" \
	     != "$$version $(CURDIR)/.venv" ]; then
	  echo "environment: Python $$version in .venv"
	  $(PYTHON) -m venv --clear .venv
	fi
	install() {
	  # Errors stay visible; pip's warnings are about indexes and caches, not about this project.
	  $(BIN)/python -m pip install --disable-pip-version-check --progress-bar off -c constraints.txt "$$@" \
	    2> >(grep -v '^WARNING:' >&2) | show_pip
	}
	echo "environment: torch"
	install $(if $(TORCH_INDEX_URL),--index-url '$(TORCH_INDEX_URL)') torch==2.13.0
	echo "environment: everything else (about 140 packages)"
	install -e '.[$(EXTRAS)]'
	touch $@
	echo "environment: complete; the command is $(BIN)/headwater"

demo: env
	@$(BIN)/python -m pipeline.demo.fetch --out data/demo
	recipe=mixtures/recipes/demo.yaml
	if [ -n "$${HEADWATER_LLM_URL:-}" ]; then
	  recipe=data/demo/with-model.yaml
	  $(BIN)/python -m pipeline.demo.with_model mixtures/recipes/demo.yaml --out "$$recipe"
	else
	  echo "HEADWATER_LLM_URL is not set (such as http://localhost:8000/v1): no model writes questions, only programs do"
	fi
	$(BIN)/headwater run "$$recipe"

test: env
	@OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(TEST_PROCESSES) --dist loadfile --no-loadscope-reorder

lint: env
	@$(BIN)/ruff check .
	$(BIN)/mypy

clean-demo:
	@rm -rf work/demo
	echo "removed work/demo; data/demo (the fetched text) stays"
