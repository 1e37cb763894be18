# Needs Go 1.26, git and make; no C compiler, no container engine.
SHELL := /bin/bash
.DEFAULT_GOAL := help
export CGO_ENABLED := 0

VERSION := $(shell git describe --always --dirty --tags 2>/dev/null || echo development)
COMMIT  := $(shell git rev-parse HEAD 2>/dev/null || echo unknown)
LDFLAGS := -X main.version=$(VERSION) -X main.commit=$(COMMIT)
STANDALONE := $(filter-out %_test.go,$(wildcard standalone/*.go)) standalone/go.mod standalone/go.sum

.PHONY: help up build test test-short test-long bench chaos histories screenshots lint docs clean

help: ## print this help
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

up: ## build and run everything on this machine (ADDR=127.0.0.1:8080)
	@scripts/check.sh
	@$(MAKE) --no-print-directory build
	@MODE=$${MODE:-demonstration} exec bin/madoguchi up

build: bin/madoguchi-temporal ## build bin/madoguchi and bin/madoguchi-temporal
	@scripts/slow.sh "Building madoguchi (first time: about 1 minute)" \
		go build -ldflags '$(LDFLAGS)' -o bin/madoguchi ./cmd/madoguchi

# The same flags as the tests of standalone/ have: otherwise its thousand
# packages would be compiled twice. Once for each checkout, and again only when standalone/ changes.
bin/madoguchi-temporal: $(STANDALONE)
	@mkdir -p bin
	@scripts/slow.sh "Building Temporal's server (first time: 4 to 7 minutes, after that seconds)" \
		go build -C standalone -trimpath -o ../bin/madoguchi-temporal .
	@touch $@

test: ## run all tests, with PostgreSQL, Chromium and Temporal (under 15 minutes)
	@scripts/test.sh

test-short: bin/madoguchi-temporal ## run the tests that need nothing installed, on SQLite
	@go test -short $$(go list ./... | grep -v /e2e)

test-long: ## run all tests and the ones that take long or count statistics
	@MADOGUCHI_LONG=1 scripts/test.sh

bench: bin/madoguchi-temporal ## measure against a bare commit and a bare workflow
	@go test -run '^$$' -bench . -benchmem ./...

chaos: ## kill and restart every part for long, then count
	@MADOGUCHI_LONG=1 scripts/test.sh faults

histories: bin/madoguchi-temporal ## record the workflows' histories anew, after workflows/ changed
	@go test ./internal/engine -count=1 -run TestRecordStoriesOnARealServer -record && go test ./workflows -count=1

screenshots: build ## take docs/screenshots anew, with Chromium (about 3 minutes)
	@go run ./e2e/screenshots

lint: ## check form, known mistakes, known vulnerabilities and deploy/
	@scripts/lint.sh

docs: build ## make the generated pages again
	@go generate ./...
	@bin/madoguchi config --markdown > docs/settings.md
	@bin/madoguchi policy test --markdown > docs/requirements.md
	@go run ./scripts/notices > THIRD_PARTY_NOTICES.md

clean: ## remove ./data and ./bin
	@rm -rf ./data ./bin
