// What a test executable is linked with anyhow.
import Testing
import XCTest

let linked: [Any.Type] = [XCTestCase.self, Test.self]
if CommandLine.arguments.count > 1 { print(linked) }
