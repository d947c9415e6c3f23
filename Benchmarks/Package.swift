// swift-tools-version: 6.1
import PackageDescription

let package = Package(
    name: "benchmarks",
    dependencies: [.package(name: "dioaudit", path: "..")],
    targets: [
        .executableTarget(name: "bench"),
        .executableTarget(name: "judged", dependencies: [.product(name: "DioauditTesting", package: "dioaudit")]),
        .executableTarget(name: "plain"),
    ],
    swiftLanguageModes: [.v6]
)
