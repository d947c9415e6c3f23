// swift-tools-version: 6.1
import PackageDescription

// The examples in Swift. `swift test --package-path Examples` runs them: some fail, as they should.
let package = Package(
    name: "examples",
    dependencies: [
        .package(name: "dioaudit", path: ".."),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
    ],
    targets: [
        .testTarget(
            name: "DequeTests",
            dependencies: [
                .product(name: "DioauditTesting", package: "dioaudit"),
                .product(name: "DequeModule", package: "swift-collections"),
            ], path: "deque"),
        .testTarget(
            name: "ReadTests",
            dependencies: [
                .product(name: "DioauditTesting", package: "dioaudit"),
                .product(name: "SystemPackage", package: "swift-system"),
            ], path: "reads"),
    ],
    swiftLanguageModes: [.v6]
)
