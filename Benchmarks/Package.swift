// swift-tools-version: 6.1
import PackageDescription

let package = Package(
    name: "benchmarks",
    targets: [.executableTarget(name: "bench")],
    swiftLanguageModes: [.v6]
)
