# Everything is made inside the checkout: .venv (gateway and tools), .nerve (engine, models, logs).
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install -qq --disable-pip-version-check

# Images of Python set it, and each run would compile every module and rewrite every test again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: pictures label-studio loop up test accept check docs fuzz faults soak router clients bench audit lint format lock engine-lock bench-lock clean

## Bring everything up and show one answer; Ctrl-C stops it.
up: .venv/gateway
	@$(BIN)/nerve up

## All tests but those of the real default model; the engine's are on a real vLLM.
test: .venv/dev .nerve/site-env/made
	@$(BIN)/python -m tests.engine.prepare
	$(BIN)/pytest -m "not model"

## The real default model, brought up by `nerve up` and asked over HTTP.
accept: .venv/dev
	$(BIN)/pytest -m model

## While you work: lint, types, import contracts, the fast tests, properties on fewer examples.
check: lint
	$(BIN)/pytest -m "not slow and not engine and not model and not prometheus and not browser" -n auto --hypothesis-profile quick

## Hostile input at length: the OpenAPI document, raw bytes, odd answers of an engine, the decoders.
fuzz: .venv/dev
	$(BIN)/python -m tests.fuzz $(FUZZ)

## Hostile schemas and grammars through the gateway to a real engine, which has to live through it.
attack: .venv/dev
	$(BIN)/python -m tests.fuzz.attack $(ATTACK)

## The documents as a site, in .nerve/site; a broken link fails.
docs: .nerve/site-env/made
	@NO_MKDOCS_2_WARNING=1 .nerve/site-env/bin/python -m mkdocs build --strict -f deploy/site/mkdocs.yml
	@echo "made: .nerve/site/index.html; to look at it: $(PYTHON) -m http.server -d .nerve/site"

## What callers are told while engine, network, disk and clock fail: one table.
faults: .venv/dev
	$(BIN)/python -m tests.faults

## Mixed load with a fault every EVERY seconds: nothing lost, nothing leaked.
MINUTES ?= 30
EVERY ?= 60
soak: .venv/dev
	$(BIN)/python -m tests.faults.soak --minutes $(MINUTES) --every $(EVERY) $(SOAK)

## The pictures of the playground in the READMEs, in a real browser; a test fails when they are old.
pictures: .venv/dev
	$(BIN)/python -m tests.pictures

## The real Label Studio in a real browser, with predictions of a gateway; pictures in docs/pictures.
label-studio: .venv/dev
	$(BIN)/python -m tests.label_studio

## The same with the real model and a training in it: after `nerve pull`, ten minutes on two cores.
loop: .venv/dev
	$(BIN)/python -m tests.label_studio.loop

## Two gateways, vLLM's own router, two engines: failed requests while one of each is killed.
## ROUTER=--real: the engines are vLLM's, with the tiny model.
router: .venv/dev
	$(BIN)/python -m tests.faults.router $(ROUTER)

## Clients of others, unmodified, each in an environment of its own; the table is docs/clients.md.
## CLIENTS="--only boto3", CLIENTS="--url http://… --model NAME": some, or a gateway that runs.
clients: .venv/dev
	$(BIN)/python -m tests.clients $(CLIENTS)

## What it costs on this machine, beside LiteLLM and vllm-router; needs wrk and nginx with Lua.
## BENCH="documents FILE", BENCH="grounding --model NAME", BENCH=growth: the other measurements.
BENCH ?= gateway
bench: .venv/dev
	$(BIN)/python -m deploy.bench $(BENCH)

## Known weaknesses of what the locks pin. --strict: a package that the service does not know fails.
SERVICE ?= pypi
audit:
	@$(PYTHON) -m venv .nerve/audit
	@.nerve/audit/bin/python -m pip install -qq --disable-pip-version-check pip-audit==2.10.1
	@for lock in gateway tracing mcp dev; do \
	  .nerve/audit/bin/pip-audit --strict --progress-spinner off --require-hashes --disable-pip \
	    --vulnerability-service $(SERVICE) -r requirements/$$lock.txt \
	  || { echo "requirements/$$lock.txt: a weakness, or not audited: the lines above say which. A package that is unknown or a connection that fails means that $(SERVICE) cannot be reached from here"; exit 1; }; \
	done

lint: .venv/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: .venv/dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

## Renew the locks of the gateway and of the tools.
lock: .venv/dev
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --custom-compile-command "make lock" pyproject.toml -o requirements/gateway.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --custom-compile-command "make lock" pyproject.toml --group dev -o requirements/dev.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --custom-compile-command "make lock" pyproject.toml --group tracing --constraints requirements/dev.txt -o requirements/tracing.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --custom-compile-command "make lock" pyproject.toml --group site --constraints requirements/dev.txt -o requirements/site.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --custom-compile-command "make lock" --group pyproject.toml:parquet --constraints requirements/dev.txt -o requirements/parquet.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --custom-compile-command "make lock" --group pyproject.toml:mcp --constraints requirements/dev.txt -o requirements/mcp.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --custom-compile-command "make lock" --group pyproject.toml:spacy --constraints requirements/dev.txt -o requirements/spacy.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --custom-compile-command "make lock" --group pyproject.toml:xlsx --constraints requirements/dev.txt -o requirements/xlsx.txt

## Renew the lock of the engine on a GPU. "===": pip would take a "+cpu" build of torch for newer.
engine-lock: .venv/dev
	cd deploy/engine && ../../$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header requirements-cuda.in -o requirements-cuda.txt
	sed -i -E -e 's/^(torch|torchvision|torchaudio|torchcodec)==/\1===/' -e '1i # Made from requirements-cuda.in by `make engine-lock`. Do not edit.' deploy/engine/requirements-cuda.txt

## Renew the lock of the benchmark's contenders, for Python 3.11.
bench-lock: .venv/dev
	$(BIN)/uv pip compile --quiet --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --custom-compile-command "make bench-lock" deploy/bench/requirements.in -o deploy/bench/requirements.txt

## Remove environments, models, logs and measurements; not what people made: secrets, training.
clean:
	rm -rf .venv
	test ! -d .nerve || find .nerve -mindepth 1 -maxdepth 1 ! -name secrets ! -name training -exec rm -rf {} +

# A marker is written last, so an environment that was not finished is made again.
.venv/gateway: requirements/gateway.txt
	@echo "making the gateway's environment in .venv …"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Nerve needs Python 3.11 or newer; say which: make PYTHON=python3.12 …")'
	@test ! -L .venv || { echo '.venv is a link, and making it anew would empty another checkout: install requirements/dev.txt there, or take the link away'; exit 1; }
	@$(PYTHON) -m venv --clear .venv
	@$(PIP) --require-hashes -r requirements/gateway.txt
	@$(PIP) --no-deps -e .
	@touch $@

.venv/dev: requirements/dev.txt .venv/gateway
	@echo "adding the tools …"
	@$(PIP) --require-hashes -r requirements/dev.txt
	@touch $@

.nerve/site-env/made: requirements/site.txt
	@echo "making the site's environment in .nerve/site-env …"
	@mkdir -p .nerve
	@$(PYTHON) -m venv --clear .nerve/site-env
	@.nerve/site-env/bin/python -m pip install -qq --disable-pip-version-check --require-hashes -r $<
	@.nerve/site-env/bin/python -m pip install -qq --disable-pip-version-check --no-deps -e .
	@cp $< $@
