GOLANGCI := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
FUZZTIME ?= 10s

# The race detector needs a C compiler; without one, Go sets CGO_ENABLED to 0.
RACE := $(if $(filter 1,$(shell go env CGO_ENABLED)),-race)

CHAOS ?= 10m

.PHONY: build demo test lint bench fuzz chaos

build:
	go build -trimpath -o bin/rosterpatch ./cmd/rosterpatch

# An import of the sample school into the embedded sandbox, and its report.
demo: build
	bin/rosterpatch import samples/school.csv --sandbox --rate 1000 --report bin/demo.report.csv --force
	@echo; awk -F, 'NR <= 6 { gsub(/result\./, ""); \
	  printf "%-5s %-8s %-10s %-8s %-11s %-9s %-7s %-18s %-8s %-7s …\n", $$1, $$2, $$3, $$4, $$13, $$17, $$18, $$20, $$22, $$23 }' bin/demo.report.csv

test:
	go test $(RACE) -parallel 8 ./...

lint:
	go mod tidy -diff
	go run $(GOLANGCI) run

bench:
	go test -run '^$$' -bench . -benchmem ./...

# Each fuzz target for FUZZTIME.
fuzz:
	@list=$$(go test -list '^Fuzz' ./...) || { echo "$$list"; exit 1; }; \
	echo "$$list" | awk '/^Fuzz/ { targets[n++] = $$1 } /^ok/ { while (n) print targets[--n], $$2 }' | \
	while read -r target package; do \
	  go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) "$$package" || exit; \
	done

# Random weather, kills and reruns, for as long as CHAOS says (10m), or so many
# rounds (200x).
chaos:
	CHAOS=$(CHAOS) go test -count=1 -timeout 0 -v -run 'TestChaos$$' ./cmd/rosterpatch
