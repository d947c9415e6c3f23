// swift-tools-version: 6.1
import PackageDescription

// The driver must fit Debian's default RLIMIT_MEMLOCK of 8 MiB together with its buffers. The Swift runtime's
// shared libraries alone exceed that; Embedded Swift needs none of them, and wants whole-module optimisation.
let embedded: [SwiftSetting] = [
    .enableExperimentalFeature("Embedded"),
    .unsafeFlags(["-wmo", "-O"]),
]

// Swift's readers of what others wrote, each with an entry for libFuzzer: `make fuzz` links them. They do not belong to a usual
// build, which would look for their `main`.
let fuzzers: [(name: String, reads: Target.Dependency)] =
    Context.environment["DIOAUDIT_FUZZ"] == nil
    ? [] : [("Elf", "Inspect"), ("Ledger", "Capture"), ("Plan", "Plans"), ("Report", "AuditReport")]

// What of the interposer counts inside a test: it is linked into the program, where it has no ledger, no phases and no host.
let inProcessSources =
    ["base/cfi.c", "base/objects.c", "base/text.c", "state/context.c", "tables/next.c", "tables/stack.c"]
    + ["interpose/heap.c", "interpose/loading.c", "interpose/locking.c", "interpose/mappings.c"]
    + [
        "assertions/assertion.c", "assertions/bypasses.c", "assertions/counting.c", "assertions/endings.c",
        "assertions/faults.c",
        "assertions/lock.c", "assertions/no_phases.c", "assertions/obstacle.c", "assertions/places.c",
        "assertions/threads.c",
    ]

// Its names that other files of a program could have too. A library's are hidden; a program's meet the linker.
let inProcessNames = [
    "assertion_begin_process", "assertion_process_is_own", "endings_forget_the_parents", "assertion_faults_refused",
    "assertion_faults_resume",
    "assertion_faults_suspend", "assertion_faults_want", "assertion_note", "assertion_note_child",
    "assertion_note_thread", "assertion_warm", "bypass_taken", "bypasses_note_binding",
    "bypasses_note_lookup", "bypasses_note_namespace", "cfi_rule_at", "context", "context_enter", "count_more",
    "count_slowly",
    "event_begin",
    "event_end",
    "faults_disown",
    "faults_of_thread", "lock_flags", "lock_state", "memory_gave_back", "memory_in", "memory_is_only_marked",
    "memory_lost_sight", "next",
    "next_block_size", "next_has",
    "next_heap_names", "next_is_in_ours", "next_is_ours", "next_life_names", "next_news_itself", "next_other_names",
    "next_pool", "next_request_names", "next_resolve",
    "next_resolved", "objects_eh_frame", "objects_find", "objects_precedes", "objects_symbol", "phases_is_any_steady",
    "phases_locked", "phases_unlocked", "places_at", "places_free", "places_note", "process_memory", "stack_capture",
    "stack_forget",
    "stack_is_inside", "stack_is_plain", "stack_warm",
    "memchr", "memcpy", "memmove", "memset", "strcat", "strchr", "strcmp", "strcspn", "strlen", "strncat", "strncmp",
    "strncpy", "strrchr", "strstr",
]

let package = Package(
    name: "dioaudit",
    products: fuzzers.map { .library(name: "Fuzz\($0.name)", type: .static, targets: ["Fuzz\($0.name)"]) } + [
        .executable(name: "dioaudit", targets: ["dioaudit"]),
        .executable(name: "dioaudit-driver", targets: ["dioaudit-driver"]),
        .library(name: "DioauditMarkers", targets: ["DioauditMarkers"]),
        .library(name: "DioauditTesting", targets: ["DioauditTesting"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
    ],
    targets: fuzzers.map {
        .target(
            name: "Fuzz\($0.name)",
            dependencies: [$0.reads, "AuditCore", "AuditReport", "CElfutils", "CLinuxHost", "LedgerABI"],
            path: "Fuzz/\($0.name)")
    } + [
        // What both sides of the wall share. The plugin hangs here because dioaudit depends on it.
        .target(name: "LedgerABI", plugins: ["BuildNative"]),
        // The markers, for the subjects: dioaudit.h, and the same for Swift.
        .target(name: "CDioaudit"),
        .target(name: "DioauditMarkers", dependencies: ["CDioaudit"]),
        .plugin(name: "BuildNative", capability: .buildTool()),
        // Allocation assertions in tests. The first target defines malloc and its kin: whatever depends on it counts, so nothing of
        // this package does. Tests/projects/assertions is its test.
        .target(
            name: "CDioauditAssertions", path: "Sources/Interposer", sources: inProcessSources,
            publicHeadersPath: "assertions/include",
            cSettings: [
                .define("_GNU_SOURCE"), .define("DIOAUDIT_IN_PROCESS"), .headerSearchPath("../LedgerABI/include"),
            ]
                + inProcessNames.map { .define($0, to: "dioaudit_\($0)") }),
        .target(
            name: "DioauditTesting",
            dependencies: ["AuditReport", "Inspect", "LinuxSystem", "AuditCore", "CDioauditAssertions"]),
        .target(name: "CLinux"),
        .target(name: "CLinuxHost"),
        .target(name: "CUnwind", linkerSettings: [.linkedLibrary("unwind-x86_64")]),
        .systemLibrary(name: "CElfutils", pkgConfig: "libdw", providers: [.apt(["libdw-dev"])]),

        .target(name: "AuditCore"),
        // Reads plans. It has libyaml by itself: Yams links all of Foundation, with which the installed tool has 52 MB more.
        .systemLibrary(name: "CYaml", providers: [.apt(["libyaml-dev"])]),
        .target(name: "Plans", dependencies: ["AuditCore", "CYaml"]),
        // The host, a layer a target: each imports only those above it here.
        .target(
            name: "LinuxSystem",
            dependencies: ["AuditCore", "CLinuxHost", .product(name: "SystemPackage", package: "swift-system")]),
        .target(name: "Inspect", dependencies: ["LinuxSystem", "AuditCore", "CLinuxHost", "CUnwind", "CElfutils"]),
        .target(name: "Capture", dependencies: ["Inspect", "LinuxSystem", "AuditCore", "CLinuxHost", "LedgerABI"]),
        .target(
            name: "Observe",
            dependencies: ["Capture", "Inspect", "LinuxSystem", "AuditCore", "CLinuxHost", "LedgerABI"]),
        .target(name: "Doctor", dependencies: ["Observe", "Capture", "LinuxSystem", "AuditCore", "CLinuxHost"]),
        .target(name: "Disks", dependencies: ["LinuxSystem", "AuditCore", "CLinuxHost"]),

        .target(name: "AuditReport", dependencies: ["AuditCore"]),
        // Its stylesheet and script are put into the binary.
        .target(
            name: "HTMLReport", dependencies: ["AuditReport", "AuditCore"],
            resources: [.embedInCode("Resources/report.css"), .embedInCode("Resources/report.js")]),
        .executableTarget(
            name: "dioaudit",
            dependencies: [
                "AuditReport", "Disks", "Doctor", "HTMLReport", "LinuxSystem", "Observe", "Plans",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),

        .target(
            name: "Workloads", dependencies: ["CLinux", "CDioaudit"], swiftSettings: embedded,
            linkerSettings: [.linkedLibrary("uring"), .linkedLibrary("aio")]),
        .executableTarget(
            name: "dioaudit-driver", dependencies: ["Workloads"], swiftSettings: embedded),
        .executableTarget(
            name: "fixture-allocating-twin", dependencies: ["Workloads"], path: "Fixtures/Swift/AllocatingTwin",
            swiftSettings: embedded),

        .executableTarget(
            name: "fixture-swift-markers", dependencies: ["DioauditMarkers"], path: "Fixtures/Swift/Markers"),

        .testTarget(name: "AuditCoreTests", dependencies: ["AuditCore"]),
        .testTarget(name: "AuditReportTests", dependencies: ["AuditReport", "HTMLReport"]),
        .testTarget(
            name: "CaptureTests", dependencies: ["AuditCore", "AuditReport", "Capture", "LedgerABI", "LinuxSystem"]),
        .testTarget(name: "InspectTests", dependencies: ["Inspect"]),
        .testTarget(name: "PlansTests", dependencies: ["AuditCore", "Plans"]),
        .testTarget(name: "LinuxSystemTests", dependencies: ["LinuxSystem"]),
        // It runs the programs, and may not depend on them: SwiftPM would link them into the tests, Embedded Swift's
        // runtime beside the other. `make test` builds them first.
        .testTarget(name: "EndToEndTests"),
    ],
    swiftLanguageModes: [.v6],
    cLanguageStandard: .c11
)
