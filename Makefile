# `make help` says what there is. Every target does the set-up it needs.
CONFIGURATION ?= debug
PREFIX ?= /usr/local
BUILD := .build/$(CONFIGURATION)
DIOAUDIT := $(BUILD)/dioaudit

# Debian packages. The build needs the engines' libraries, libdw for the names of stack frames, libunwind for stacks, and libyaml
# for plans. The matrix needs a mkfs for each of its file systems. The tests need these; a C++ compiler for its headers and runtime,
# the JSON Schema validator, readelf and nm, and strace to compare with; programs to audit; programs whose behaviour is compared;
# readers of the formats; other libcs and heaps, which are blind spots; and what uses an installation (a minute in all).
BUILD_NEEDS := liburing-dev libaio-dev libdw-dev libunwind-dev libyaml-dev pkg-config
MATRIX_NEEDS := e2fsprogs xfsprogs btrfs-progs f2fs-tools
TEST_NEEDS := $(MATRIX_NEEDS) g++ bubblewrap crun runc strace binutils python3-jsonschema fio qemu-utils lvm2 rocksdb-tools sanlock sbd \
    busybox-static stress-ng gddrescue ioping sysbench mdadm cryptsetup-bin sg3-utils thin-provisioning-tools mbuffer ocfs2-tools drbd-utils \
    sqlite3 perl bsdutils procps gzip \
    python3-junitparser python3-prometheus-client libxml2-utils cmark-gfm jq \
    catch2 libgtest-dev python3-pytest python3-pytest-asyncio python3-pytest-xdist python3-setuptools python3-wheel python3-pip \
    cmake meson ninja-build man-db fish zsh python3-yaml systemd patch \
    musl-tools libc6-i386 libjemalloc-dev libgoogle-perftools-dev libdmalloc-dev libgc-dev 'libmimalloc2.0 | libmimalloc3' libcap2-bin
BENCH_NEEDS := fio heaptrack jq
# The man pages are written by a script.
INSTALL_NEEDS := python3
PACKAGE_NEEDS := $(INSTALL_NEEDS) dpkg-dev lintian
# Programs of `make real` that are too slow or too large for the tests.
REAL_NEEDS := nodejs default-jdk-headless golang-go rustc hdparm mariadb-server tgt qemu-block-extra qemu-system-common ddpt bonnie++ ceph-osd
# A browser (124 MB to load, 414 MB on disk), in which tests look at the HTML report. They are skipped without it.
BROWSER_NEEDS := chromium
# The headers of another architecture, for which the interposer's portable part is compiled.
LINT_NEEDS := libc6-dev-arm64-cross

FUZZ_SECONDS ?= 30
KILLS ?= 100
SCRIBBLES ?= 50

# SwiftPM leaves directories of its own where temporary files go.
SWIFT_BUILD := mkdir -p .build/tmp && TMPDIR=$(CURDIR)/.build/tmp swift build

SWIFT_SOURCES := Package.swift Plugins Sources Tests Fixtures Benchmarks Examples

.DEFAULT_GOAL := help
.PHONY: help audit matrix reference real lab lab-matrix lab-kernel lab-series test testlib attacks fuzz build fixtures mutants bench debian format lint release \
    install uninstall clean build-needs matrix-needs real-needs lab-needs lab-kernel-needs test-needs browser-needs lint-needs bench-needs readers

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s  %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

audit: build ## prove the built-in O_DIRECT workloads allocation-free
	@$(DIOAUDIT) audit $(ARGS)

matrix: matrix-needs build ## measure what the kernel allocates per transfer, by engine and file system (as root)
	@$(DIOAUDIT) matrix $(ARGS)

reference: build ## write docs/reference.md anew, from what the tool says of itself
	Scripts/reference $(DIOAUDIT) >.build/reference.md
	mv .build/reference.md docs/reference.md

real: real-needs build ## audit the real programs of docs/real-programs.md, and compare (as root; ARGS=WORD: those alone)
	@Scripts/real $(DIOAUDIT) $(ARGS)

# KERNEL=trixie takes the kernel of that release of Debian. TESTS=1 runs the project's own tests there (ARGS=root: as that user alone).
lab: lab-needs install-needs release $(TESTS:1=lab-tests) ## audit mdmon while a disk fails, in virtual machines (ARGS=SCENARIO: that alone)
	Lab/image .build/lab/packages/root .build/lab/packages/$(or $(KERNEL),root) .build/release .build/lab/initramfs$(KERNEL:%=-%)
	Lab/run $(KERNEL:%=--kernel %) $(TESTS:1=--tests .build/lab/tests) $(ARGS)

.PHONY: lab-tests
lab-tests: test-needs build fixtures
	$(SWIFT_BUILD) -c $(CONFIGURATION) --build-tests
	Lab/tests-image $(BUILD) .build/lab/tests

lab-matrix: lab-needs install-needs release ## the matrix of one of Debian's kernels, in a virtual machine (KERNEL=RELEASE[-FLAVOUR])
	Lab/image .build/lab/packages/root .build/lab/packages/$(or $(KERNEL),root) .build/release .build/lab/initramfs$(KERNEL:%=-%) \
	    mkfs.xfs mkfs.btrfs mkfs.f2fs
	Lab/run $(KERNEL:%=--kernel %) --series '' '' matrix-all
	Lab/matrices .build/lab/results$(KERNEL:%=-%)/vmlinuz-*-matrix-all/matrix.json

lab-kernel: lab-kernel-needs install-needs release .build/fixtures/reserve ## try the kernel series of docs/kernel-series.md, in virtual machines (ARGS=matrix or test: that alone)
	Lab/kernel/build .build/lab/kernel-packages/root .build/lab/kernel-source/root .build/lab/kernel
	Lab/image .build/lab/packages/root .build/lab/packages/root .build/release .build/lab/initramfs mkfs.xfs .build/fixtures/reserve
	Lab/series $(ARGS)

lab-series: ## check that the kernel series applies to the source that Debian has now
	@Lab/packages .build/lab/kernel-source linux-source-6.1
	@Lab/kernel/source --check .build/lab/kernel-source/root

test: test-needs build fixtures testlib readers ## run the test suite
	$(SWIFT_BUILD) -c $(CONFIGURATION) --build-tests
	Scripts/test -c $(CONFIGURATION) $(ARGS)

# What Debian has not, or not by itself. Without one of them a test is skipped, and says so.
readers: ## fetch what the tests read formats by: promtool, and the published schema of SARIF 2.1.0
	@Scripts/fetch-readers .build/readers promtool sarif

build: build-needs ## build dioaudit, its interposer and its driver
	$(SWIFT_BUILD) -c $(CONFIGURATION)

# For tests in C and C++.
TEST_LIBRARY = .build/$(1)/testlib/libdioaudit_test.a

# After SwiftPM: it replaces .build/CONFIGURATION by a link at its first build, with what is in it.
testlib: build $(call TEST_LIBRARY,$(CONFIGURATION)) ## build libdioaudit_test, with dioaudit.h's assertions for tests in C and C++

.build/%/testlib/libdioaudit_test.a: Scripts/test-library Package.swift Sources/CDioaudit/include/dioaudit.h \
    Sources/LedgerABI/include/ledger_abi.h $(wildcard Sources/Interposer/*.h Sources/Interposer/*/*.[ch] \
    Sources/Interposer/*/*/*.h Sources/CDioauditTest/*.[ch])
	Scripts/test-library $(@D)

attacks: build fixtures ## end dioaudit at random moments (KILLS, 100), and let programs write over its ledger (SCRIBBLES, 50)
	Scripts/kill-test $(KILLS)
	Scripts/scribble-test $(SCRIBBLES)

fuzz: build-needs ## feed each reader of what others wrote with bytes that nobody would write, FUZZ_SECONDS (30) each
	Fuzz/run $(FUZZ_SECONDS)

mutants: test-needs ## break the code in one place at a time, and say what no test notices (hours, as root; ARGS=--list)
	Scripts/mutants $(ARGS)

bench: bench-needs fixtures release ## measure what the interposer and the driver cost, as ratios
	Benchmarks/run $(ARGS)

debian: ## run `make audit` and `make test` in a fresh Debian 12 and in a 13, as root and as an ordinary user (as root)
	Scripts/debian-root 12
	Scripts/debian-root 13

format: ## format the Swift code
	swift format --in-place --recursive $(SWIFT_SOURCES)

ON_ARM := clang --target=aarch64-linux-gnu -isystem /usr/aarch64-linux-gnu/include -DDIOAUDIT_SYNTAX_ONLY -fsyntax-only -std=c11 \
    -D_GNU_SOURCE -Wall -Wextra -Werror -ISources/LedgerABI/include

lint: lint-needs ## check the Swift code's format, and that the interposer's layers hold
	swift format lint --strict --recursive $(SWIFT_SOURCES)
	Scripts/check-layers
	$(ON_ARM) $(filter-out Sources/Interposer/assertions/%,$(wildcard Sources/Interposer/*/*.c))
	$(ON_ARM) -DDIOAUDIT_IN_PROCESS Sources/Interposer/assertions/*.c

# DT_RPATH, since what the libraries in lib/dioaudit need is looked for in it too. Embedded Swift has no static standard library,
# and needs none: so the driver is built apart.
RELEASE := $(SWIFT_BUILD) -c release -Xlinker --disable-new-dtags

# What installs and packages it.
.PHONY: deb tarball reproduce install-needs package-needs

release: build-needs ## build what `make install` installs
	$(RELEASE) --product dioaudit --static-swift-stdlib -Xlinker -rpath -Xlinker '$$ORIGIN/../lib/dioaudit'
	$(RELEASE) --product dioaudit-driver
	@$(MAKE) --no-print-directory $(call TEST_LIBRARY,release)

install: install-needs release ## install to PREFIX (/usr/local), below DESTDIR if given; what is installed needs no Swift
	DESTDIR='$(DESTDIR)' Scripts/install .build/release '$(PREFIX)'

deb: package-needs release ## make a Debian package in .build, which lintian must find in order
	package=$$(Scripts/package deb .build/release .build) && lintian --fail-on error,warning "$$package" && echo "$$package"

tarball: install-needs release ## make an archive in .build for other systems: what `make install` installs
	Scripts/package tarball .build/release .build

reproduce: package-needs release ## build the interposer twice, and package what is built twice: the bytes are the same
	Scripts/reproduce .build/release

uninstall: ## remove what `make install` installed, given the same PREFIX and DESTDIR
	DESTDIR='$(DESTDIR)' Scripts/install --remove '$(PREFIX)'

clean: ## remove everything that was built
	rm -rf .build

build-needs: ## install the packages that building takes
	@Scripts/install-needs $(BUILD_NEEDS)

matrix-needs: ## those of `make matrix`
	@Scripts/install-needs $(BUILD_NEEDS) $(MATRIX_NEEDS)

install-needs: ## those of `make install`
	@Scripts/install-needs $(BUILD_NEEDS) $(INSTALL_NEEDS)

package-needs: ## those of `make deb`
	@Scripts/install-needs $(BUILD_NEEDS) $(PACKAGE_NEEDS)

lab-needs: ## fetch the packages of `make lab` into .build; nothing is installed
	@Lab/packages .build/lab/packages $(KERNEL:%=--kernel %)

lab-kernel-needs: lab-needs lab-series ## those of `make lab-kernel`; nothing is installed, either
	@Lab/packages .build/lab/kernel-packages flex bison bc

test-needs: ## those of `make test`
	@Scripts/install-needs $(BUILD_NEEDS) $(TEST_NEEDS)

real-needs: readers ## those of `make real`, with readers of the report's formats
	@Scripts/install-needs $(BUILD_NEEDS) $(TEST_NEEDS) $(REAL_NEEDS) $(BROWSER_NEEDS)
	@Scripts/fetch-readers .build/readers flamegraph speedscope

browser-needs: ## the browser, in which tests look at the HTML report
	@Scripts/install-needs $(BROWSER_NEEDS)

lint-needs: ## those of `make lint`
	@Scripts/install-needs $(BUILD_NEEDS) $(LINT_NEEDS)

bench-needs: ## those of `make bench`
	@Scripts/install-needs $(BUILD_NEEDS) $(BENCH_NEEDS)

# Fixtures: each source is a program (or, named lib*, a library) of its own. "// Flags:" and "// Link:" lines in it add
# to its command.
FIXTURE_SOURCES := $(wildcard Fixtures/*.c Fixtures/*.cpp Fixtures/*.swift $(if $(shell command -v rustc),Fixtures/*.rs))
FIXTURES := $(patsubst Fixtures/%,.build/fixtures/%,$(basename $(FIXTURE_SOURCES)))
FIXTURE_FLAGS := -O1 -g -Wall -Wextra -Werror -ISources/CDioaudit/include -pthread
said = $(shell sed -n 's|^// $(1): ||p' $<)

fixtures: $(FIXTURES) .build/fixtures/count-kernel .build/fixtures/scribbler .build/fixtures/flooder \
    .build/fixtures/follows-cues .build/fixtures/follows-cues-static ## build the programs that the tests audit

.build/fixtures/count-kernel: Tests/oracles/count-kernel.c Sources/CDioaudit/include/dioaudit.h
	@mkdir -p $(@D)
	clang -std=gnu11 $(FIXTURE_FLAGS) $< -o $@ -luring -laio

.build/fixtures/reserve: Lab/kernel/reserve.c
	@mkdir -p $(@D)
	clang -std=gnu11 $(FIXTURE_FLAGS) $< -o $@

# Those that attack dioaudit itself.
.build/fixtures/%: Tests/hostile/%.c Fixtures/direct.h Sources/LedgerABI/include/ledger_abi.h
	@mkdir -p $(@D)
	clang -std=gnu11 $(FIXTURE_FLAGS) -ISources/LedgerABI/include $< -o $@

.build/fixtures/follows-cues-static: Tests/hostile/follows-cues.c Fixtures/direct.h Sources/LedgerABI/include/ledger_abi.h
	@mkdir -p $(@D)
	clang -std=gnu11 $(FIXTURE_FLAGS) -static -ISources/LedgerABI/include $< -o $@

# They are linked with it.
$(filter .build/fixtures/stacks-%,$(FIXTURES)): .build/fixtures/liboracle
.build/fixtures/looks-up-next: .build/fixtures/libnext-malloc
.build/fixtures/looks-up-wrapped: .build/fixtures/libwraps-malloc
.build/fixtures/reads-by-large-names: .build/fixtures/liblarge-pread

.build/fixtures/lib%: Fixtures/lib%.c $(wildcard Fixtures/*.h)
	@mkdir -p $(@D)
	clang -std=gnu11 $(FIXTURE_FLAGS) -shared -fPIC $(call said,Flags) $< -o $@ $(call said,Link)

.build/fixtures/%: Fixtures/%.c $(wildcard Fixtures/*.h) Sources/CDioaudit/include/dioaudit.h
	@mkdir -p $(@D)
	clang -std=gnu11 $(FIXTURE_FLAGS) $(call said,Flags) $< -o $@ $(call said,Link)

.build/fixtures/%: Fixtures/%.cpp $(wildcard Fixtures/*.h)
	@mkdir -p $(@D)
	clang++ -std=gnu++17 $(FIXTURE_FLAGS) $(call said,Flags) $< -o $@ $(call said,Link)

.build/fixtures/%: Fixtures/%.swift
	@mkdir -p $(@D)
	swiftc -O -g -swift-version 6 $(call said,Flags) $< -o $@ $(call said,Link)

.build/fixtures/%: Fixtures/%.rs
	@mkdir -p $(@D)
	rustc -O -g $(call said,Flags) $< -o $@ $(call said,Link)
