# Tastemaker: make demo · try · local · check · test · lint · docs-site · bench-… · synth · deploy · destroy     (make help)

PYTHON ?= python3
PORT   ?= 4566
STAGE  ?= dev

VENV := .venv
BIN  := $(VENV)/bin
# What `make check` runs: tests that need no CDK, no training and no local run
FAST_TESTS := tests/tastemaker tests/lambdas tests/contract tests/clients tests/docs tests/house
CDK  := node_modules/.bin/cdk
# A list of Node majors: the CDK works on them, though they are past their end of life
export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION := 20
# Python keeps what it compiled, also where containers forbid it: tests and local runs start hundreds of processes.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help demo try local console screenshots recording check fast-tests test fuzz chaos test-spark coverage lint types format lock sbom audit docs docs-site \
        bench-load bench-models bench-related bench-search bench-serve bootstrap cost preflight smoke synth deploy destroy replay \
        search-weights clean

help:  ## What there is to make
	@grep -hE '^[a-z -]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-13s %s\n", $$1, $$2}'

demo: $(VENV)/ready  ## Set up, start the local run, import MovieLens, train, recommend
	$(BIN)/python -m demo

try: $(VENV)/ready  ## Recommendations from your own data: FILE=orders.csv (ITEMS=… USERS=… TRY="--user-column email")
	@test -n "$(FILE)" || { echo "Name the file: make try FILE=orders.csv"; exit 2; }
	$(BIN)/python -m cli try $(FILE) $(if $(ITEMS),--items $(ITEMS)) $(if $(USERS),--users $(USERS)) $(TRY)

local: $(VENV)/ready  ## The whole service on this machine (PORT=4566 STATE=a-directory SEED=a-snapshot TEXT_MODEL=smollm2-135m), until Ctrl-C
	$(BIN)/python -m local --port $(PORT) $(if $(STATE),--state $(STATE)) $(if $(SEED),--seed $(SEED)) \
	    $(if $(TEXT_MODEL),--text-model $(TEXT_MODEL))

test: $(VENV)/ready $(CDK)  ## Every test: unit, contract, infrastructure and end-to-end
	@[ -n "$$CHROMIUM" ] || command -v chromium google-chrome >/dev/null || \
	    echo "No browser (Debian: apt-get install chromium, or set CHROMIUM): the console's browser tests are skipped."
	$(BIN)/python -m pytest -n 2 --dist loadgroup

chaos: $(VENV)/ready $(CDK)  ## Events and jobs while AWS fails and processes die, then a count (EVENTS=20000 SEED=… RATE=0.02 CHAOS=--events-only)
	$(BIN)/python -m tests.chaos $(if $(EVENTS),--events $(EVENTS)) $(if $(SEED),--seed $(SEED)) $(if $(RATE),--rate $(RATE)) \
	    $(if $(USERS),--users $(USERS)) $(CHAOS)

fuzz: $(VENV)/ready  ## Send what nobody would send: requests, batch lines, files (SECONDS=60 SEED=… REQUESTS=… SEARCHES=… PAGES=…)
	$(BIN)/python -m tests.fuzz $(if $(SECONDS),--seconds $(SECONDS)) $(if $(SEED),--seed $(SEED)) \
	    $(if $(REQUESTS),--requests $(REQUESTS)) $(if $(SEARCHES),--searches $(SEARCHES)) \
	    $(if $(PAGES),--pages $(PAGES))

test-spark: .venv-spark/ready  ## Both engines side by side: one machine and Spark (needs Java 17; sets up PySpark)
	PYSPARK_PYTHON=.venv-spark/bin/python .venv-spark/bin/python -m pytest tests/distributed \
		-W "ignore:distutils Version classes:DeprecationWarning" \
		-W ignore::ResourceWarning -W ignore::pytest.PytestUnraisableExceptionWarning

check: $(VENV)/ready $(CDK)  ## Lint and the fast tests side by side: about a minute with warm caches
	@$(MAKE) --no-print-directory -j 2 lint fast-tests

fast-tests: $(VENV)/ready $(CDK)
	$(BIN)/python -m pytest -n 2 --dist loadgroup -m "not slow and not e2e" $(FAST_TESTS)

coverage: $(VENV)/ready $(CDK)  ## Branch coverage of each package by every test but the end-to-end ones, with floors
	@mkdir -p build
	$(BIN)/python -m pytest -n 2 --dist loadgroup -m "not e2e" --cov --cov-branch --cov-report= --cov-report=json:build/coverage.json
	$(BIN)/python -m scripts.coverage build/coverage.json

lint: $(VENV)/ready types  ## Style, format, types, and which package may import which
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: $(VENV)/ready  ## Types alone
	$(BIN)/mypy app.py benchmarks cli console demo deployment distributed examples infrastructure lambdas local scripts tastemaker \
	    tastemaker_cdk training

lock: $(VENV)/ready  ## Resolve requirements.txt into requirements.lock, with hashes
	VIRTUAL_ENV=$(VENV) $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	    --no-emit-index-url --no-emit-find-links --no-annotate --no-emit-package torch \
	    --no-emit-package aws-xray-sdk --no-emit-package wrapt requirements.txt -o requirements.lock

format: $(VENV)/ready  ## Put the code in shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench-load: $(VENV)/ready  ## Load the local run, within bounds: throughput, latency, where the time goes
	$(BIN)/python -m benchmarks.serving.load

bench-models: $(VENV)/ready  ## Measure the models on public data beside peers (MOVIES=… RETAIL=… BEAUTY=… RECBOLE=… GROCERY=… RECTOOLS=…)
	OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.quality.models $(if $(MOVIES),--movies $(MOVIES)) $(if $(RETAIL),--retail $(RETAIL)) \
	    $(if $(BEAUTY),--beauty $(BEAUTY)) $(if $(RECBOLE),--recbole $(RECBOLE)) $(if $(GROCERY),--grocery $(GROCERY)) \
	    $(if $(RECTOOLS),--rectools $(RECTOOLS)) $(BENCH)

bench-related: $(VENV)/ready  ## Measure the recipes about items and segments beside peers (MOVIES=… RETAIL=… BEAUTY=… RECBOLE=… GROCERY=…)
	OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.quality.related $(if $(MOVIES),--movies $(MOVIES)) $(if $(RETAIL),--retail $(RETAIL)) \
	    $(if $(BEAUTY),--beauty $(BEAUTY)) $(if $(RECBOLE),--recbole $(RECBOLE)) $(if $(GROCERY),--grocery $(GROCERY)) $(BENCH)

bench-serve: $(VENV)/ready  ## Time the runtime's handler on synthetic catalogs
	$(BIN)/python -m benchmarks.serving.handler

bench-search: $(VENV)/ready  ## Time searches of synthetic catalogs, plain and personalized (RETAIL=… measures their quality instead)
	$(if $(RETAIL),OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.quality.search --retail $(RETAIL) $(BENCH),OPENBLAS_NUM_THREADS=1 $(BIN)/python -m benchmarks.serving.search $(BENCH))

screenshots: $(VENV)/ready  ## The pictures of the console in docs/images (ENDPOINT=… of a local run with the demo's data)
	$(BIN)/python -m scripts.screenshots $(if $(ENDPOINT),--endpoint $(ENDPOINT))

recording: $(VENV)/ready  ## The recording of a terminal in the README, docs/images/try.svg (runs tastemaker try, minutes)
	$(BIN)/python -m scripts.recording

console: $(VENV)/ready  ## The console in the browser (ENDPOINT=… or STAGE=… with PROFILE=…)
	$(BIN)/python -m console --open $(if $(ENDPOINT),--endpoint $(ENDPOINT),$(if $(filter command line,$(origin STAGE)),--stage $(STAGE))) \
	    $(if $(PROFILE),--profile $(PROFILE))

sbom: $(VENV)/ready  ## The bill of materials of a deployment, in build/sbom.json (CycloneDX)
	$(BIN)/python -m scripts.sbom build/sbom.json

audit: $(VENV)/ready  ## Compare the locked packages with published advisories, if their source can be reached
	$(BIN)/python -m scripts.audit

docs: $(VENV)/ready  ## Generate clients/models, examples/notebooks, docs/licenses.md, docs/operations.md, docs/settings.md, and the tables of docs/declare.md, docs/recipes.md and docs/cost.md
	$(BIN)/python -m scripts.client_models
	$(BIN)/python -m scripts.declare
	$(BIN)/python -m scripts.licenses
	$(BIN)/python -m scripts.notebooks
	$(BIN)/python -m scripts.operations
	$(BIN)/python -m scripts.recipes
	$(BIN)/python -m scripts.settings
	$(BIN)/python -m deployment.cost.page

docs-site: $(VENV)/ready  ## The documentation as a site, in build/site
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet --site-dir build/site

# cdk.json says python3: let that be ours
synth deploy destroy: export PATH := $(CURDIR)/$(BIN):$(PATH)

bootstrap: $(VENV)/ready $(CDK)  ## Prepare the account and region of a stage for the CDK, once (STAGE=dev)
	$(BIN)/python -m deployment.bootstrap --stage $(STAGE)

cost: $(VENV)/ready  ## What a stage costs each month (STAGE=dev REQUESTS=1M EVENTS=1M TRAININGS=4)
	$(BIN)/python -m deployment.cost --stage $(STAGE) $(if $(REQUESTS),--requests $(REQUESTS)) $(if $(EVENTS),--events $(EVENTS)) \
	    $(if $(TRAININGS),--trainings $(TRAININGS)) $(COST)

preflight: $(VENV)/ready  ## What the account lacks before a deployment: quotas, region, bootstrap, permissions (STAGE=dev)
	$(BIN)/python -m deployment.preflight --stage $(STAGE) $(PREFLIGHT)

smoke: $(VENV)/ready  ## Test a deployment as a client, from an import to a deleted user (STAGE=dev, or local)
	$(BIN)/python -m deployment.smoke --stage $(STAGE) $(SMOKE)

synth: $(VENV)/ready $(CDK)  ## Write the CloudFormation template (STAGE=dev)
	$(CDK) synth --quiet --context stage=$(STAGE)

deploy: $(VENV)/ready $(CDK)  ## Deploy into your AWS account (STAGE=dev)
	$(CDK) deploy --context stage=$(STAGE)

destroy: $(VENV)/ready $(CDK)  ## Remove the deployment (STAGE=dev)
	$(BIN)/python -m deployment.destroy --stage $(STAGE)

search-weights: $(VENV)/ready  ## Which weight of a search pipeline clicks speak for (STAGE=dev GROUP=products ARGS=…)
	@test -n "$(GROUP)" || { echo "Name the dataset group: make search-weights GROUP=products"; exit 2; }
	$(BIN)/python -m deployment.search_weights --stage $(STAGE) --group $(GROUP) $(ARGS)

replay: $(VENV)/ready  ## Send the events again that the stream function failed on (STAGE=dev)
	$(BIN)/python -m deployment.replay --stage $(STAGE)

clean:  ## Remove what can be made again
	rm -rf build cdk.out .cache .pytest_cache .mypy_cache .ruff_cache .hypothesis

# torch comes by pip, not by uv: pip honors a local index of CPU builds (see README, "Set up").
$(VENV)/ready: requirements.lock training/requirements.txt
	@command -v node >/dev/null || { echo "Node.js 22 or newer is needed (the CDK runs on it): https://nodejs.org"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=python3.13 …"; exit 1; }
	@echo "Setting up $(VENV) (a few minutes the first time) …"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check uv==0.13.9
	@VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --require-hashes -r requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check -r training/requirements.txt
	@touch $@

.venv-spark/ready: requirements-spark.txt infrastructure/requirements-distributed.txt
	@command -v java >/dev/null || { echo "Java 17 is needed (Spark runs on it)"; exit 1; }
	@$(PYTHON) -m venv .venv-spark
	@.venv-spark/bin/pip install --quiet --disable-pip-version-check -r requirements-spark.txt
	@touch $@

$(CDK): package.json
	npm ci --no-fund --no-audit
	@touch $@
