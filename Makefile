# gwkit: see README.md. `make check` is what CI runs.
GO ?= go
export CGO_ENABLED ?= 0

.PHONY: build test check bench explore capacity fuzz generate release golden clean

build:
	$(GO) build -o bin/ ./cmd/gwemu ./cmd/gwcheck

# TESTFLAGS=-v shows what is skipped.
TESTFLAGS ?=
test:
	$(GO) test $(TESTFLAGS) ./...

# Format, vet, tests, a short race run, generated files, a clean tree.
check: build
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -l $$(git ls-files '*.go'); echo "gofmt: files above differ"; exit 1; }
	$(GO) vet ./...
	$(GO) test $(TESTFLAGS) ./...
	CGO_ENABLED=1 GORACE=atexit_sleep_ms=0 $(GO) test -race -short ./emulator/... ./conformance/...
	GOMAXPROCS=1 $(GO) test -count=1 -run 'Digest|Determin' ./emulator/... ./conformance/...
	@# The digest in the README must come out on one processor and under the race detector too.
	GOMAXPROCS=1 $(GO) test -count=1 -run Readme ./cmd/gwemu
	CGO_ENABLED=1 $(GO) test -race -count=1 -run Readme ./cmd/gwemu
	$(MAKE) generate
	@git diff --exit-code --stat || { echo "generated files are stale: commit what make generate wrote"; exit 1; }

bench:
	$(GO) run ./emulator/bench
	$(GO) run ./conformance/bench

# Search the built-in shapes and write the table of the README; some minutes
# for 50,000 schedules a shape, hours for a million.
SCHEDULES ?= 50000
explore:
	$(GO) run ./conformance/bench -campaign $(SCHEDULES) -readme README.md

# The table of capacities in the README.
capacity:
	$(GO) run ./emulator/bench -readme README.md

# FUZZTIME is per target.
FUZZTIME ?= 20s
fuzz:
	@set -e; for p in $$($(GO) list ./...); do \
	  for f in $$($(GO) test -list '^Fuzz' $$p | grep '^Fuzz' || true); do \
	    echo "== $$p $$f"; $(GO) test -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 5x $$p; done; done

generate: build
	bin/gwcheck doc --scripts-readme > testdata/scripts/README.md.tmp && mv testdata/scripts/README.md.tmp testdata/scripts/README.md
	bin/gwcheck doc --schema deploy > conformance/report/schema/deploy.json.tmp && mv conformance/report/schema/deploy.json.tmp conformance/report/schema/deploy.json

golden:
	$(GO) test ./... -update

# Static programs for six systems in dist/, with checksums.
release:
	@rm -rf dist && mkdir -p dist
	@set -e; for os in linux darwin windows; do for arch in amd64 arm64; do \
	  ext=; [ $$os = windows ] && ext=.exe; d=dist/gwkit-$$os-$$arch; mkdir -p $$d; \
	  for c in gwemu gwcheck; do CGO_ENABLED=0 GOOS=$$os GOARCH=$$arch $(GO) build -trimpath -ldflags='-s -w' -o $$d/$$c$$ext ./cmd/$$c; done; \
	  echo $$d; done; done; cd dist && find . -type f | sort | xargs sha256sum > SHA256SUMS

clean:
	rm -rf bin dist
