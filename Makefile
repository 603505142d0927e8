# Makefile: the everyday commands; the build itself is described in meson.build.
#
#   make            build build/dwell
#   make run        install what is missing, build, report on the examples (or on FILE=/path)
#   make test       all tests, with the normal and with the sanitized build; ends with a count
#   make bench      time against the usual tools
#   make fuzz       fuzz the loader (FUZZ_SECONDS=60)
#   make hunt       hold promises against random programs (SECONDS=60, SEED=1)
#   make mutate     change the source in one place after the other; a test must notice (ONLY=pattern)
#   make format     clang-format all C files in place
#   make install    into PREFIX (/usr/local), below DESTDIR if that is set

BUILD ?= build
SANITIZED ?= build-san
FUZZ ?= build-fuzz
PREFIX ?= /usr/local
FUZZ_SECONDS ?= 60
SECONDS ?= 60
SEED ?= 1
ONLY ?=
MUTATE ?= build-mutate
JOBS ?= $(shell nproc)

.PHONY: all run examples test bench fuzz hunt mutate format install clean sanitized
.DEFAULT_GOAL := all

all: $(BUILD)/build.ninja
	@ninja -C $(BUILD) -j $(JOBS)

$(BUILD)/build.ninja:
	@scripts/setup --check
	meson setup $(BUILD)

sanitized: $(SANITIZED)/build.ninja
	@ninja -C $(SANITIZED) -j $(JOBS)

$(SANITIZED)/build.ninja:
	@scripts/setup --check
	meson setup $(SANITIZED) -Dbuildtype=debugoptimized -Db_sanitize=address,undefined \
	    -Dwerror=false # gcc warns wrongly about instrumented code

run:
	@scripts/setup build examples
	@$(MAKE) --no-print-directory all $(if $(FILE),,examples)
	@for file in $(or $(FILE),$$(find $(BUILD)/examples -maxdepth 1 -type f -perm -100 | sort)); do \
	    echo; $(BUILD)/dwell report "$$file" || exit $$?; \
	done
	@for file in $(if $(FILE),,$(AUDIO)); do \
	    echo; echo "$$ dwell heap --why synth::render $$file"; \
	    $(BUILD)/dwell heap --why synth::render "$$file" || exit $$?; \
	done

# The examples: C always, C++ and Rust where there is a compiler for it.
HAS_CXX := $(shell command -v $(CXX))
HAS_RUST := $(shell command -v rustc)
AUDIO := $(if $(HAS_CXX),$(addprefix $(BUILD)/examples/audio/,synth-cpp synth-cpp-fixed)) \
    $(if $(HAS_RUST),$(addprefix $(BUILD)/examples/audio/,synth synth-fixed))

examples: $(BUILD)/examples/wordcount $(if $(HAS_RUST),$(BUILD)/examples/inventory) $(AUDIO)

$(BUILD)/examples/wordcount: examples/wordcount.c
	@mkdir -p $(@D)
	$(CC) -O2 -g -Wall -Wextra -o $@ $<

$(BUILD)/examples/inventory: examples/inventory/src/main.rs
	@mkdir -p $(@D)
	rustc --edition 2021 -O -g --crate-name inventory -o $@ $<

$(BUILD)/examples/audio/synth-cpp: examples/audio/synth.cpp
	@mkdir -p $(@D)
	$(CXX) -O2 -g -Wall -Wextra -o $@ $<

$(BUILD)/examples/audio/synth-cpp-fixed: examples/audio/synth.cpp
	@mkdir -p $(@D)
	$(CXX) -O2 -g -Wall -Wextra -DFIXED -o $@ $<

$(BUILD)/examples/audio/synth: examples/audio/synth.rs
	@mkdir -p $(@D)
	rustc --edition 2021 -O -g --crate-name synth -o $@ $<

$(BUILD)/examples/audio/synth-fixed: examples/audio/synth.rs
	@mkdir -p $(@D)
	rustc --edition 2021 -O -g --cfg fixed --crate-name synth -o $@ $<

test: all sanitized examples
	@python3 tests/run.py --build $(BUILD) --sanitized $(SANITIZED) --jobs $(JOBS)

bench: all
	@python3 bench/run.py --build $(BUILD) $(FILES)

$(FUZZ)/build.ninja:
	@scripts/setup --check build test
	CC=clang CFLAGS=-fsanitize=fuzzer-no-link meson setup $(FUZZ) -Dbuildtype=debugoptimized -Db_sanitize=address,undefined \
	    -Db_lundef=false -Dfuzz=true

fuzz: $(FUZZ)/build.ninja
	@ninja -C $(FUZZ) -j $(JOBS) tests/fuzz/load_fuzzer
	@tests/fuzz/run.sh $(FUZZ) $(FUZZ_SECONDS)

hunt: all
	@python3 tests/soundness/generate/hunt.py $(BUILD)/dwell --seconds $(SECONDS) --seed $(SEED)

mutate:
	@scripts/setup --check build test
	@python3 tests/mutate/run.py --build $(MUTATE) --only '$(ONLY)' --resume

format:
	@git ls-files -co --exclude-standard '*.c' '*.h' | grep -v '^tests/programs/' | \
	    xargs clang-format -i

install: all
	meson setup --reconfigure $(BUILD) --prefix=$(abspath $(PREFIX)) >/dev/null
	DESTDIR=$(DESTDIR) meson install -C $(BUILD)

clean:
	rm -rf $(BUILD) $(SANITIZED) $(FUZZ) $(MUTATE)
