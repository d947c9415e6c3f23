import AuditCore
import Testing

@Suite struct LockTests {
    private func verdict(_ requirement: LockRequirement, _ change: (inout ProcessLock) -> Void) -> Verdict {
        var process = cleanProcess()
        change(&process.lock)
        return judge(observation(process), by: AuditRequest.with { $0.lock = requirement }).verdict
    }

    @Test func aSubjectThatNeverLocksNeedsNoLockUnlessAsked() {
        let unlocked = { (lock: inout ProcessLock) in lock = ProcessLock() }
        #expect(verdict(.whenSubjectLocks, unlocked) == .pass)
        #expect(verdict(.always, unlocked) == .inconclusive)
        #expect(verdict(.never, unlocked) == .pass)
    }

    @Test func mclFutureIsWhatCounts() {
        let currentOnly = { (lock: inout ProcessLock) in lock.flagsAtSteady = [.current] }
        #expect(verdict(.whenSubjectLocks, currentOnly) == .inconclusive)
        #expect(verdict(.never, currentOnly) == .pass)
        #expect(verdict(.always) { $0.flagsAtSteady = [.future] } == .pass)
    }

    @Test func aLockGivenUpInTheSteadyPhaseIsNone() {
        #expect(verdict(.whenSubjectLocks) { $0.lostInSteady = true } == .inconclusive)
    }

    @Test func unlockingIsAViolation() {
        var process = cleanProcess()
        process.lock.lostInSteady = true
        process.phases[.steady].events[.munlockall].calls = 1
        #expect(judge(observation(process)).verdict == .fail)
    }

    @Test func aFailedLockSaysWhatItNeeds() {
        var process = cleanProcess()
        process.lock = ProcessLock()
        process.lock.calls = 1
        process.lock.errno = 12
        process.lock.bytesNeeded = 20 << 20
        process.lock.ownBytes = 1 << 20
        var seen = observation(process)
        seen.memlockLimit = 8 << 20
        let audit = judge(seen)
        #expect(audit.verdict == .inconclusive)
        for figure in [
            "ENOMEM", "needs 20480 KiB, of which 1024 KiB are dioaudit's", "RLIMIT_MEMLOCK is 8192 KiB",
            "ulimit -l 20480", "LimitMEMLOCK=",
        ] {
            #expect(audit.reasonsInWords.contains { $0.contains(figure) }, "\(figure)")
        }
    }

    /// The program may have another limit than dioaudit.
    @Test func theLimitIsThatOfTheProcessThatFailed() {
        var process = cleanProcess()
        process.lock = ProcessLock()
        process.lock.calls = 1
        process.lock.errno = 12
        process.lock.bytesNeeded = 20 << 20
        process.lock.limit = 64 << 10
        var seen = observation(process)
        seen.memlockLimit = nil
        #expect(judge(seen).reasons.contains { $0.contains("RLIMIT_MEMLOCK is 64 KiB") })
        process.lock.limit = .max
        seen = observation(process)
        seen.memlockLimit = 8 << 20
        #expect(judge(seen).reasons.contains { $0.contains("RLIMIT_MEMLOCK is not the cause") })
    }

    /// More room would not help who asks for what there is not, or who has room already.
    @Test(arguments: [(Int32(22), UInt64?(1 << 20), "EINVAL"), (12, 1 << 30, "ENOMEM"), (12, nil, "ENOMEM")])
    func onlyALimitThatIsTooLowIsToBeRaised(errno: Int32, limit: UInt64?, name: String) {
        var process = cleanProcess()
        process.lock = ProcessLock()
        process.lock.calls = 1
        process.lock.errno = errno
        process.lock.bytesNeeded = 20 << 20
        var seen = observation(process)
        seen.memlockLimit = limit
        let audit = judge(seen)
        #expect(audit.verdict == .inconclusive)
        #expect(audit.reasonsInWords.contains { $0.contains(name) && !$0.contains("raise that") })
    }

    @Test func aLockThatFailedFirstAndHeldLaterHolds() {
        #expect(verdict(.whenSubjectLocks) { $0.errno = 12 } == .pass)
    }

    @Test func everySteadyProcessNeedsIt() {
        var other = cleanProcess(pid: 11)
        other.lock.flagsAtSteady = []
        let audit = judge(observation(cleanProcess(), other))
        #expect(audit.verdict == .inconclusive)
        #expect(audit.lock.mlockall == [])
        #expect(!audit.lock.inEffectThroughSteady)
        #expect(audit.lock.lockedBytes == 8192)
    }

    @Test func aProcessThatNeverGotSteadyNeedsNone() {
        var shell = cleanProcess(pid: 11)
        shell.lock = ProcessLock()
        shell.steadyReached = false
        shell.phases = PhaseLedgers()
        #expect(judge(observation(cleanProcess(), shell), by: AuditRequest.with { $0.lock = .always }).verdict == .pass)
    }
}
