import DioauditTesting
import XCTest

final class XCTestTests: XCTestCase {
    func testPasses() {
        expectNoAllocations { allocate(0) }
    }

    func testFails() {
        expectNoAllocations { allocate(8) }
    }

    func testFailsAsync() async throws {
        try await expectNoAllocations(allowing: [.posixMemalign]) {
            await Task.yield()
            allocate(9)
        }
    }
}
