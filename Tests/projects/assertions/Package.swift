// swift-tools-version: 6.1
import PackageDescription

// As somebody else's: its only dependency is the library, by path. Tests/EndToEndTests/AssertionTests runs it.
let package = Package(
    name: "assertions",
    dependencies: [.package(name: "dioaudit", path: "../../..")],
    targets: [
        .testTarget(name: "AssertionTests", dependencies: [.product(name: "DioauditTesting", package: "dioaudit")])
    ],
    swiftLanguageModes: [.v6]
)
