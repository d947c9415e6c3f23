import AuditCore
import Testing

/// The counts lead, the sites explain.
@Suite struct ViolationTests {
    private func violations(steady calls: UInt64, sites: [Site]) -> [Violation] {
        var process = cleanProcess()
        process.phases[.steady].events[.malloc] = EventCount(calls: calls, bytes: calls * 8)
        process.sites = sites
        return judge(observation(process)).violations
    }

    @Test func sitesComeInTheOrderOfTheirFirstTransfer() {
        let found = violations(
            steady: 5, sites: [site(.malloc, calls: 3, first: 9), site(.malloc, calls: 2, first: 4)])
        #expect(found.map(\.firstTransfer) == [4, 9])
        #expect(found.map(\.calls) == [2, 3])
        #expect(found.map(\.bytes) == [16, 24])
        #expect(found.allSatisfy { $0.thread == "main" && $0.pid == 10 && $0.stack.count == 1 })
    }

    @Test func callsWithoutASiteAreViolationsStill() {
        let found = violations(steady: 5, sites: [site(.malloc, calls: 3)])
        #expect(found.map(\.calls) == [3, 2])
        #expect(found[1].stack.isEmpty)
        #expect(found[1].firstTransfer == nil)
        #expect(found[1].bytes == 16)
    }

    @Test func sitesOfTeardownAndOfOtherKindsExplainNothing() {
        let found = violations(steady: 1, sites: [site(.malloc, calls: 0), site(.calloc, calls: 1)])
        #expect(found.map(\.calls) == [1])
        #expect(found[0].stack.isEmpty)
    }

    @Test func callsOfOtherThreadsAreExplainedByTheSameStack() {
        var shared = site(.malloc, calls: 4)
        shared.others = EventCount(calls: 3, bytes: 24)
        let found = violations(steady: 8, sites: [shared])
        #expect(found.map(\.calls) == [4, 3, 1])
        #expect(found.map(\.thread) == ["main", nil, nil])
        #expect(found.map(\.stack.count) == [1, 1, 0])
    }

    @Test func theReasonAddsThemUp() {
        var process = cleanProcess()
        process.phases[.steady].events[.malloc].calls = 3
        process.phases[.steady].events[.pageFaultMinor].calls = 2
        #expect(judge(observation(process)).reasons == ["in the steady phase: 3 mallocs, 2 minor page faults"])
    }

    @Test func lostStacksAreSaid() {
        var process = cleanProcess()
        process.phases[.steady].events[.malloc].calls = 3
        process.lost.sites = 3
        #expect(judge(observation(process)).reasons.count == 2)
    }
}
