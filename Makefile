# The commands of the README. Each makes the environment it needs.
SHELL := bash
TF2 := .venv-tf2
TF1 := .venv-tf1
LATEST := .venv-latest
DEMO := demos/demo_60k/demo_60k.py
DEMO_SYN := demos/demo_syn/demo_syn.py
DEMO_SQUAD := demos/demo_squad/demo_squad.py
DEMO_DISTILLATION := demos/demo_distillation/demo_distillation.py
DEMO_QUESBELM := demos/demo_quesbelm/demo_quesbelm.py
DEMO_NMG := demos/demo_nmg/demo_nmg.py
DEMO_ASK := demos/demo_ask/demo_ask.py
# Of demo-squad; any that `demo_squad.py --help` lists.
ENCODER := bert
HEAD := span
# How many processes test: `make PROCESSES=4 test`.
PROCESSES := 2
# A file's tests stay together: they share what is slow to make.
PYTEST := pytest -n $(PROCESSES) --dist loadfile
# What is tested on every runtime, and by fewer examples where one has had all: see CONTRIBUTING.md.
AGAIN := -m "not once and (not slow or each)" --hypothesis-profile=again
# The rooms that run graphs, read records or write event files, and whole programs.
OF_TENSORFLOW := $(addprefix tests/,ensembling estimator masking_policy modeling prediction programs records training test_architecture.py)

.PHONY: help demo demo-tf1 demo-syn demo-squad demo-distillation demo-quesbelm demo-nmg ask test test-tf1 test-latest env env-tf1 env-latest env-demo env-demo-tf1 lint clean

help:
	@echo "make demo       the whole pipeline on a made-up encyclopedia, with tensorflow 2.15"
	@echo "make demo-tf1   the same with tensorflow 1.15.5 on Python 3.7"
	@echo "make demo-syn   make demo, and beside it a system trained with synonyms; needs WordNet"
	@echo "make demo-squad SQuAD 1.1 and 2.0 of the same encyclopedia: trained and scored; ENCODER=xlnet for another"
	@echo "make demo-distillation  SQuAD 2.0 of it: a teacher, and a smaller model with and without its help"
	@echo "make demo-quesbelm  readers of candidates: hard negatives, a cascade, two vocabularies together"
	@echo "make ask        a web page that answers questions about that encyclopedia, with the demo's model"
	@echo "make test       all tests, with tensorflow 2.15"
	@echo "make test-tf1   tests with tensorflow 1.15.5, but those that make test is enough for"
	@echo "make test-latest  of these, those that depend on tensorflow, with the newest on Python 3.12 or 3.13"
	@echo "make lint       style (ruff) and types (mypy)"
	@echo "make clean      removes the environments and what the demo wrote"

env:
	@.ci/make_env tf2 $(TF2)

env-tf1:
	@.ci/make_env tf1 $(TF1)

env-latest:
	@.ci/make_env latest $(LATEST)

# Without the packages of the tests, which `make test` adds.
env-demo:
	@.ci/make_env tf2 $(TF2) demo

env-demo-tf1:
	@.ci/make_env tf1 $(TF1) demo

demo: env-demo
	$(TF2)/bin/python $(DEMO) --output_dir=build/demo

demo-tf1: env-demo-tf1
	$(TF1)/bin/python $(DEMO) --output_dir=build/demo-tf1

demo-syn: env-demo
	$(TF2)/bin/python $(DEMO_SYN) --output_dir=build/demo

demo-squad: env-demo
	$(TF2)/bin/python $(DEMO_SQUAD) --output_dir=build/demo --encoder=$(ENCODER) --head=$(HEAD)

demo-distillation: env-demo
	$(TF2)/bin/python $(DEMO_DISTILLATION) --output_dir=build/demo

demo-quesbelm: env-demo
	$(TF2)/bin/python $(DEMO_QUESBELM) --output_dir=build/demo

demo-nmg: env-demo
	$(TF2)/bin/python $(DEMO_NMG) --output_dir=build/demo

ask: env-demo
	$(TF2)/bin/python $(DEMO_ASK) --output_dir=build/demo

test: env
	$(TF2)/bin/python -m $(PYTEST)

# What `make test` is not enough for: another Python and tensorflow; of slow tests one of each kind.
test-tf1: env-tf1
	$(TF1)/bin/python -m $(PYTEST) $(AGAIN)

# The same with the newest tensorflow, without an Estimator: the rooms that depend on it.
test-latest: env-latest
	$(LATEST)/bin/python -m $(PYTEST) $(AGAIN) $(OF_TENSORFLOW)

lint: env
	$(TF2)/bin/ruff check .
	$(TF2)/bin/mypy

clean:
	rm -rf $(TF1) $(TF2) $(LATEST) build
