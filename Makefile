# All commands a contributor needs. `make help` lists them.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
AIRFLOW_VENV := .build/airflow
BIN := .build/release/pipeline
DAG ?= cifar100_classification

.PHONY: help setup packages venv build release test test-cluster test-podman check sim kill-loop bench sanitize fmt run compare-airflow compare-airflow-postgres compare-operators compare-scenarios \
	compare-torch clean

help:            ## This list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 18

packages:        ## Install the Debian packages (needs root)
	scripts/install-packages

venv: $(VENV)/.ready ## Make the Python environment that reads DAG files and runs Python tasks
$(VENV)/.ready: dags/requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check -r dags/requirements.txt
	touch $@

$(AIRFLOW_VENV)/.ready: dags/requirements.txt scripts/compare-airflow/requirements.txt
	$(PYTHON) -m venv $(AIRFLOW_VENV)
	$(AIRFLOW_VENV)/bin/pip install --quiet --disable-pip-version-check -r scripts/compare-airflow/requirements.txt
	touch $@

build:           ## Debug build
	swift build

release:         ## Release build: .build/release/pipeline
	swift build -c release --product pipeline --static-swift-stdlib

setup: packages release venv ## Everything that `make run` needs

run: setup       ## Set everything up and run the main job, cifar100_classification
	$(BIN) run $(DAG) --with-xcoms

test: packages venv ## All tests; with PostgreSQL where it is installed
	scripts/with-postgres env PIPELINE_TEST_PYTHON=$(CURDIR)/$(VENV)/bin/python swift test

check: test      ## Tests, and the rules of the layout
	scripts/check-imports
	$(PYTHON) -m unittest discover scripts/compare-airflow
	$(PYTHON) -m unittest discover scripts/compare-scenarios
	$(PYTHON) -m unittest discover scripts/compare-torch

test-cluster:    ## Tests on the cluster of KUBECONFIG, in namespaces of their own (PIPELINE_TEST_IMAGE=busybox:1.36)
	PIPELINE_TEST_CLUSTER=1 swift test --filter '^ClusterTests\.'

test-podman:     ## Tests on this machine's podman (needs podman and busybox-static)
	scripts/podman-test-image
	swift test --filter 'RealPodmanTests|PodmanRunTests'

sim:             ## Simulation with many seeds: make sim SEEDS=1000000 [SEED=first]; one world again: make sim SCENARIO='...'
	PIPELINE_SIM_SEEDS=$(or $(SEEDS),$(if $(SCENARIO),1,10000)) PIPELINE_SIM_SEED=$(or $(SEED),1) PIPELINE_SIM_SCENARIO='$(SCENARIO)' \
		PIPELINE_SIM_BREAKAGES=$(BREAKAGES) swift test -c release --filter SimulationTests

kill-loop: release ## 200 kills of a scheduler during 2,000 tasks: on SQLite, then on PostgreSQL with restarts of the server
	$(PYTHON) scripts/kill-loop --pipeline $(BIN)
	scripts/with-postgres sh -c '$(PYTHON) scripts/kill-loop --pipeline $(BIN) --postgresql "$$PIPELINE_TEST_POSTGRES_URL" \
		--restart-postgresql "$$PIPELINE_TEST_POSTGRES_RESTART" --pauses 5'

bench: release venv ## Benchmarks; real Airflow beside them with AIRFLOW=path/to/python
	$(PYTHON) Benchmarks/run.py --pipeline $(BIN) --python $(VENV)/bin/python $(if $(AIRFLOW),--airflow $(AIRFLOW))

# A real Airflow is installed below .build for it; REUSE=folder takes a recording of Airflow made before.
COMPARE_WITH := $(PYTHON) scripts/compare-airflow --pipeline $(BIN) --python $(AIRFLOW_VENV)/bin/python \
	$(if $(REUSE),--reuse-reference $(REUSE))

compare-airflow: packages release $(AIRFLOW_VENV)/.ready ## Run Airflow's example DAGs here and under real Airflow, and compare (COMPARE="more options")
	$(COMPARE_WITH) $(COMPARE)

compare-airflow-postgres: packages release $(AIRFLOW_VENV)/.ready ## The same with PostgreSQL on both sides
	scripts/with-postgres sh -c '$(COMPARE_WITH) --reference-database postgresql \
		--database-url "$$PIPELINE_TEST_POSTGRES_URL" --output .build/compare-airflow-postgres $(COMPARE)'

compare-operators: packages release $(AIRFLOW_VENV)/.ready ## The same for our own DAGs of operators, templates and states, with the log lines
	$(COMPARE_WITH) --logs --dags scripts/compare-airflow/dags --output .build/compare-operators $(COMPARE)

sanitize:        ## The C kernels under the address, undefined and thread sanitizers, and Valgrind
	scripts/sanitize-kernels/run

compare-scenarios: packages release $(AIRFLOW_VENV)/.ready ## All that comes of scripted steps under both schedulers (COMPARE="--only NAME --kill --reuse FOLDER")
	$(PYTHON) scripts/compare-scenarios --pipeline $(BIN) --python $(AIRFLOW_VENV)/bin/python $(COMPARE)

compare-torch: release ## Compare the tensor core with PyTorch and ONNX Runtime (COMPARE="more options")
	$(PYTHON) scripts/compare-torch --pipeline $(BIN) $(COMPARE)

fmt:             ## Format the Swift sources
	swift format --in-place --recursive --parallel Sources Tests Package.swift

clean:           ## Remove build output and the Python environment
	rm -rf .build $(VENV)
