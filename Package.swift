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
    Context.environment["DIOAUDIT_FUZZ"] == nil ? [] : [("Elf", "Inspect"), ("Ledger", "Capture")]

let package = Package(
    name: "dioaudit",
    products: fuzzers.map { .library(name: "Fuzz\($0.name)", type: .static, targets: ["Fuzz\($0.name)"]) } + [
        .executable(name: "dioaudit", targets: ["dioaudit"]),
        .executable(name: "dioaudit-driver", targets: ["dioaudit-driver"]),
        .library(name: "DioauditMarkers", targets: ["DioauditMarkers"]),
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
