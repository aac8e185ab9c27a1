# One door for developers. `make` alone prints the targets.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
KIND   ?= A
export PYTHONDONTWRITEBYTECODE :=  # what one process has compiled the others need not
LOCK   := $(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet

.DEFAULT_GOAL := help
.PHONY: help run seed demo year test law decade law-mutations quick lives fuzz check alerts storm kill-storm cuts crashes machine image containers cluster bench lock docs histories clean whole

help: ## print the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(VENV)/run ## set up, then Temporal server with UI, worker and gateway on embedded defaults; Ctrl-C stops all
	@exec $(BIN)/python -m deploy.embedded

seed: $(VENV)/run ## while `make run` runs: invented alliances at every stage, to try the desk with
	@$(BIN)/python -m examples.seed

demo: $(VENV)/run ## one alliance's whole life on a real server in skipped time (KIND=A or B)
	@$(BIN)/python -m examples.demo $(KIND)

year: $(VENV)/run ## a made-up province of 3,000 alliances lives a year, from the call to the payment; its documents, every sum checked (ALLIANCES=)
	@$(BIN)/python -m examples.province --alliances $${ALLIANCES:-3000}

test: $(VENV)/dev ## set up and run all tests but those of `make check`
	$(BIN)/python -m pytest -n 4 --dist loadgroup --ignore tests/test_project.py  # four on two cores: a third of the time is waiting

law: $(VENV)/dev ## the law alone: its cases and properties, in under a minute
	WHOLE=1 $(BIN)/python -m pytest -n 2 -q tests/law

decade: $(VENV)/dev ## what the law makes of ten thousand recorded lives, all of them; `make law` looks at one in a hundred
	$(BIN)/python -m tests.decade

law-mutations: $(VENV)/dev ## look anew for the case that fails without each rule (half a minute); then `make docs`
	$(BIN)/python -m tests.law.mutation

quick: $(VENV)/dev ## what needs neither server nor gateway and takes under a minute; `make test` runs everything
	$(BIN)/python -m pytest -n 2 --dist loadgroup -q --quick

lives: $(VENV)/dev ## every case of the law on a real server, and the year of a small province (LIVED=steps: as many as show every step of one); `make test` lives as many as show every event
	LIVED=$${LIVED:-cases} $(BIN)/python -m pytest tests/test_lives.py tests/province_on_a_server.py -n 2 --dist loadgroup -q

whole: $(VENV)/dev ## all of what `make test` tries a sample of: every door by everybody, every forgery, every golden history, more made-up lives, generated clients, every round in a browser
	WHOLE=1 $(BIN)/python -m pytest $$(grep -rl "^from tests.samples import" tests --include "*.py") tests/generated_clients.py tests/in_a_browser/[a-z]*.py -n 2 --dist loadgroup -q

fuzz: $(VENV)/dev ## anything at all in every field, through every door: 50,000 examples (FUZZ_EXAMPLES), seven minutes of processor time
	FUZZ_EXAMPLES=$${FUZZ_EXAMPLES:-50000} $(BIN)/python -m pytest tests/test_fuzz.py -n 2 --dist worksteal

check: $(VENV)/dev ## formatting, lint, types, direction of imports, docs, lock
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest tests/test_project.py -q

storm: $(VENV)/dev ## what is too long for `make test`: 5,000 acts and 1,000 objections on one filing; 10,000 steps with others' ids
	STORM=1 timeout 1800 $(BIN)/python -m pytest tests/abuse -q -s
	STEPS=10000 $(BIN)/python -m pytest tests/test_act_ids.py -q -k re_uses

kill-storm: $(VENV)/dev ## every process killed in random order for a minute (MINUTES, WORKERS, GATEWAYS, SEED) while thirty clients work: nothing lost, nothing twice
	$(BIN)/python -W ignore -m bench.storm --minutes $${MINUTES:-1} --workers $${WORKERS:-1} --gateways $${GATEWAYS:-1} --seed $${SEED:-7} --sleepers $${SLEEPERS:-10}

cuts: $(VENV)/dev ## the cables between worker, server, database and gateway cut for a minute each (CUT, in seconds): root alone, by `ip netns`
	$(BIN)/python -m pytest tests/network_cuts.py -q -s

.PHONY: two-releases
two-releases: $(VENV)/dev ## the last release, from git's history, beside today's on one engine and one register, on both databases: two minutes
	$(BIN)/python -m pytest tests/two_releases.py -q

crashes: $(VENV)/dev ## a whole life of each kind in which everything dies once at every step, over 3,000 of them; all lives come to the same (LIVES; DAYS=7: a seventh of the points, each day others)
	@$(BIN)/python -m tests.crashes --lives $${LIVES:-10} --days $${DAYS:-1}

alerts: ## try the alert rules with promtool, which comes with Prometheus: when each comes, and when it does not
	promtool check rules deploy/monitoring/alerts.yml
	promtool test rules deploy/monitoring/alerts_test.yml deploy/monitoring/alerts_of_days_test.yml

machine: $(VENV)/dev ## set up one machine below a folder and let it work, be backed up and upgraded: needs nginx and systemd-analyze, two minutes
	$(BIN)/python -m pytest tests/machine_on_a_root.py -q

image: ## build the image with buildah, on a base of yours (BASE=, BUILDER= with pip, WHEELS= a folder) or one that deploy/containers/base made
	buildah bud --format docker --timestamp $$(git log -1 --format=%ct) $(if $(BASE),--build-arg BASE=$(BASE)) \
		$(if $(BUILDER),--build-arg BUILDER=$(BUILDER)) $(if $(WHEELS),--network none --build-context wheels=$(WHEELS)) \
		-f deploy/containers/Containerfile -t localhost/beian:$$(sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml) .

cluster: $(VENV)/dev ## try the files for a cluster: Kubernetes' own schemas, the overlay as kubectl renders it, the rule by which workers are scaled
	$(BIN)/python -m pytest tests/rendered_cluster.py tests/test_cluster_files.py -q -p no:cacheprovider
	! command -v promtool >/dev/null || promtool test rules deploy/cluster/monitoring/scaling_test.yml

containers: export BUILDAH_ISOLATION ?= chroot
containers: HERE = BASE=localhost/beian-base BUILDER=localhost/beian-builder WHEELS=$(CURDIR)/var/containers/wheels
containers: LAYERS = podman image inspect --format '{{.RootFS.Layers}}' localhost/beian:$$(sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)
containers: $(VENV)/dev ## make a base, build the image twice, let the composition live: needs podman, buildah, runc, debootstrap, netavark; a quarter of an hour
	deploy/containers/base var/containers
	$(BIN)/python -m pip download --quiet --require-hashes --only-binary :all: -d var/containers/wheels -r requirements.lock
	$(MAKE) image $(HERE) && $(LAYERS) >var/containers/layers
	$(MAKE) image $(HERE) && $(LAYERS) | cmp - var/containers/layers
	buildah bud --format docker --network host -t localhost/beian-trial-database -f tests/containers/Containerfile tests/containers
	$(BIN)/python -m pytest tests/containers_on_podman.py -q

bench: $(VENV)/dev ## what it costs, beside a bare baseline: tables, goals, JSON on the last line
	@$(BIN)/python -m bench

lock: $(VENV)/dev ## renew the locks from pyproject.toml
	$(LOCK) --extra embedded --extra traces --extra dev -o requirements-dev.lock
	$(LOCK) --extra embedded -c requirements-dev.lock -o requirements.lock  # what is tested is what is installed
	$(LOCK) --extra traces -c requirements-dev.lock -o requirements-traces.lock
	$(BIN)/python -m deploy.lock

docs: $(VENV)/dev ## renew the parts of the docs that are printed from the code
	$(BIN)/python -m docs.build

histories: $(VENV)/dev ## record the golden histories of this release anew
	$(BIN)/python -m tests.record

clean: ## remove the environment and caches; var/ stays
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(VENV)/python:
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/run: requirements.lock pyproject.toml | $(VENV)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

$(VENV)/dev: requirements-dev.lock pyproject.toml | $(VENV)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@ $(VENV)/run
