import AuditCore
import Testing

/// When was the last forbidden event? The example has 1 warm-up transfer and 100 steady ones.
@Suite struct SettlingTests {
    private func settledAfter(
        by request: AuditRequest = AuditRequest(), _ change: (inout ProcessLedger) -> Void
    ) -> UInt64? {
        var process = cleanProcess()
        change(&process)
        return judge(observation(process), by: request).settledAfter
    }

    @Test func nothingAfterSetupSettlesAtOnce() {
        #expect(settledAfter { _ in } == 1)
    }

    @Test func beforeTheFirstTransferSettlesAtOnce() {
        #expect(settledAfter { $0.add(.malloc, 1, in: .warmup, lastAt: 0) } == 1)
    }

    @Test(arguments: [(1, 2), (17, 18), (99, 100)] as [(UInt64, UInt64)])
    func theTransferAfterTheLastEventSettles(last: UInt64, settled: UInt64) {
        #expect(settledAfter { $0.add(.malloc, 1, in: .steady, lastAt: last) } == settled)
    }

    @Test(arguments: [100, 101] as [UInt64]) func anEventAtTheVeryEndNeverSettles(last: UInt64) {
        #expect(settledAfter { $0.add(.malloc, 1, in: .steady, lastAt: last) } == nil)
    }

    @Test func allowedKindsDoNotCount() {
        #expect(settledAfter { $0.add(.free, 9, in: .steady, lastAt: 50) } == 1)
        let forbidding = AuditRequest.with { $0.policy = Policy(forbid: [.free]) }
        #expect(settledAfter(by: forbidding) { $0.add(.free, 9, in: .steady, lastAt: 50) } == 51)
    }

    @Test func theLatestThreadDecides() {
        let settled = settledAfter {
            $0.add(.malloc, 1, in: .steady, lastAt: 5)
            var other = $0.threads[0]
            other.lastTransfer = [.malloc: 20]
            $0.threads.append(other)
        }
        #expect(settled == 21)
    }

    @Test func teardownDoesNotCount() {
        #expect(settledAfter { $0.add(.malloc, 1, in: .teardown, lastAt: 101) } == 1)
        let afterWarmup = settledAfter {
            $0.phases[.warmup].transfers = 10
            $0.add(.malloc, 1, in: .warmup, lastAt: 3)
            $0.add(.malloc, 1, in: .teardown, lastAt: 110)
        }
        #expect(afterWarmup == 10)
    }

    @Test func pageFaultsOfTheSteadyPhaseNeverSettle() {
        #expect(settledAfter { $0.phases[.steady].events[.pageFaultMinor].calls = 1 } == nil)
        #expect(settledAfter { $0.phases[.steady].events[.pageFaultMajor].calls = 1 } == nil)
        let allowing = AuditRequest.with { $0.policy = Policy(allow: [.pageFaultMinor]) }
        #expect(settledAfter(by: allowing) { $0.phases[.steady].events[.pageFaultMinor].calls = 1 } == 1)
    }

    @Test func pageFaultsOfTheWarmupMayBeItsLastTransfers() {
        let settled = settledAfter {
            $0.phases[.warmup].transfers = 10
            $0.phases[.warmup].events[.pageFaultMinor].calls = 1
        }
        #expect(settled == 10)
    }

    @Test func theSlowestProcessDecides() {
        var late = cleanProcess(pid: 11)
        late.add(.malloc, 1, in: .steady, lastAt: 30)
        #expect(judge(observation(cleanProcess(), late)).settledAfter == 31)
        late.add(.malloc, 1, in: .steady, lastAt: 101)
        #expect(judge(observation(cleanProcess(), late)).settledAfter == nil)
    }
}
