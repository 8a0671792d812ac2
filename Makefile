# SPDX-License-Identifier: MIT
# A thin front: scripts/ and meson do the work.
prefix ?= /usr/local
MACHINES ?=
DIR ?= $(MACHINES)
SECONDS ?= 60

.PHONY: all run test lint bench lab nightly machines install clean format update-scenarios update-docs fuzz

all:
	scripts/bootstrap build
	scripts/build build

run:
	scripts/run

# FILTER="groups explain" runs a part of it.
test:
	scripts/test $(FILTER)

lint:
	scripts/lint

# make machines DIR=FOLDER: a folder of captures with the groups that kernels made
machines:
	@test -n "$(DIR)" || { echo "usage: make machines DIR=FOLDER" >&2; exit 2; }
	MACHINES="$(DIR)" scripts/test machines

bench:
	scripts/bench

# Real kernels as judges, all of them: see docs/lab.md
lab:
	scripts/lab

# Random fabrics and machines from fresh seeds: see CONTRIBUTING.md
nightly:
	scripts/nightly

# make fuzz SECONDS=600: each fuzz target for so long
fuzz:
	scripts/fuzz $(SECONDS)

install: all
	meson configure build -Dprefix="$(abspath $(prefix))"
	DESTDIR="$(DESTDIR)" meson install -C build

update-scenarios:
	scripts/bootstrap test
	scripts/build build-test
	ASAN_OPTIONS=exitcode=99 UBSAN_OPTIONS=halt_on_error=1:exitcode=99 ninja -C build-test update-scenarios

# The answers below the commands in README.md and docs/
update-docs:
	scripts/bootstrap test
	scripts/build build-test
	ninja -C build-test update-docs

format:
	scripts/bootstrap lint
	git ls-files --cached --others --exclude-standard '*.c' '*.h' | xargs clang-format-14 -i

clean:
	rm -rf build build-test build-bench build-fuzz build-lab-amd64 build-lab-arm64 build-lab-modules
