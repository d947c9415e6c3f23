import AuditCore
import Testing

/// Nothing but what was seen in full is a pass.
@Suite struct VerdictTests {
    @Test func whatIsCleanPasses() {
        let audit = judge(observation(cleanProcess()), by: AuditRequest.with { $0.lock = .always })
        #expect(audit.verdict == .pass)
        #expect(audit.reasons == [])
        #expect(audit.witnesses.interposer == .active)
        #expect(audit.statuses == [.pass])
    }

    @Test func setupAndTeardownMayAllocate() {
        var process = cleanProcess()
        process.phases[.teardown].events[.malloc].calls = 3
        process.phases[.warmup].events[.mmap].calls = 3
        #expect(judge(observation(process)).verdict == .pass)
    }

    @Test(arguments: EventKind.counted) func eachForbiddenKindFails(kind: EventKind) {
        var process = cleanProcess()
        process.phases[.steady].events[kind].calls = 1
        process.threads[0].phases[.steady].events[kind].calls = 1
        let audit = judge(observation(process))
        #expect(audit.verdict == (Policy.allowedByDefault.contains(kind) ? .pass : .fail))
        #expect(audit.violations.map(\.kind) == (audit.verdict == .fail ? [kind] : []))
    }

    /// A mapping that the interposer counted in the warm-up, and one that the kernel saw in the steady phase.
    @Test(arguments: [
        (straddling: UInt64(1), seenEarly: UInt64(0), verdict: Verdict.pass), (0, 0, .fail), (1, 1, .fail),
    ])
    func onlyACallThatStraddlesTheSteadyPointStandsForOne(straddling: UInt64, seenEarly: UInt64, verdict: Verdict) {
        var process = cleanProcess()
        process.add(.mmap, 1, in: .warmup, lastAt: 1)
        process.add(.syscallMmap, seenEarly, in: .warmup, lastAt: 1)
        process.add(.syscallMmap, 1, in: .steady, lastAt: 1)
        process.threads[0].straddling[.mmap] = straddling
        #expect(judge(observation(process)).verdict == verdict)
    }

    /// A mapping that the interposer counted and the kernel saw, and one that it refused, where only those that map are seen.
    @Test(arguments: [(idle: UInt64(0), verdict: Verdict.pass), (1, .fail)])
    func aCallThatMapsNothingStandsForNone(idle: UInt64, verdict: Verdict) {
        var process = cleanProcess()
        process.add(.mmap, 2, in: .steady, lastAt: 1)
        process.add(.syscallMmap, 2, in: .steady, lastAt: 1)
        process.threads[0].idle[.syscallMmap] = idle
        var request = AuditRequest()
        request.policy = Policy(allow: [.mmap])
        #expect(judge(observation(process), by: request).verdict == verdict)
    }

    @Test func aMissingInterposerIsNoPass() {
        var seen = observation(cleanProcess())
        seen.interposerMissing = Reason("it is not there", .reinstall)
        let audit = judge(seen)
        #expect(audit.verdict == .inconclusive)
        #expect(audit.witnesses.interposer == .unavailable("it is not there"))
        #expect(audit.reasons == ["it is not there"])
    }

    @Test func noHandshakeIsNoPass() {
        #expect(judge(observation()).witnesses.interposer.status == .unavailable)
        #expect(judge(observation()).verdict == .inconclusive)
        // Another process's handshake does not stand for the subject's.
        #expect(judge(observation(cleanProcess(pid: 11))).verdict == .inconclusive)
        var halfAttached = cleanProcess()
        halfAttached.attached = false
        #expect(judge(observation(halfAttached)).verdict == .inconclusive)
    }

    @Test(
        arguments: [\Ledger.imagesRefused, \Ledger.imagesUnseen, \Ledger.imagesBeyondTable, \Ledger.lostProcesses]
            as [WritableKeyPath & Sendable])
    func aProcessThatWasNotSeenIsNoPass(loss: WritableKeyPath<Ledger, UInt32> & Sendable) {
        var seen = observation(cleanProcess())
        seen.ledger[keyPath: loss] = 1
        let audit = judge(seen)
        #expect(audit.verdict == .inconclusive)
        #expect(audit.witnesses.interposer.status == .partial)
    }

    @Test func aMallocOfItsOwnIsNoPass() {
        var process = cleanProcess()
        process.ownHeap = "brings its own malloc"
        #expect(judge(observation(process)).witnesses.interposer.status == .partial)
        #expect(judge(observation(process)).verdict == .inconclusive)
    }

    /// Such as a container's runtime, which starts the program and transfers nothing.
    @Test func aHeapOfItsOwnMattersWhereSomethingMayBeTransferred() {
        var runtime = cleanProcess(pid: 11)
        runtime.phases = PhaseLedgers()
        runtime.steadyReached = false
        runtime.kernelTransfers = KernelTransfers()
        func verdict(_ change: (inout ProcessLedger) -> Void) -> Verdict {
            var changed = runtime
            changed.ownHeap = "is a Go program"
            change(&changed)
            var clean = cleanProcess()
            clean.kernelTransfers = KernelTransfers()
            clean.kernelTransfers?.calls = ["pwrite64": 101]
            var seen = observation(clean, changed)
            seen.transfers = .active
            return judge(seen).verdict
        }
        #expect(verdict { _ in } == .pass)
        #expect(verdict { $0.kernelTransfers = nil } == .inconclusive)
        #expect(verdict { $0.kernelTransfers?.unknown.unseen = 1 } == .inconclusive)
        #expect(verdict { $0.kernelTransfers?.calls = ["read": 1] } == .inconclusive)
        #expect(verdict { $0.phases[.setup].transfers = 1 } == .inconclusive)
        #expect(verdict { $0.steadyReached = true } == .inconclusive)
        #expect(
            verdict {
                $0.ownHeap = nil
                $0.bypasses.taken = "malloc"
            } == .pass)
    }

    @Test func whatAStaticProgramStartedDoesNotStandForIt() {
        var seen = observation(cleanProcess())
        seen.isStatic = true
        #expect(judge(seen).verdict == .inconclusive)
    }

    @Test func systemCallsPastTheInterposerAreNoPass() {
        var process = cleanProcess()
        process.directCalls = 1
        var seen = observation(process)
        #expect(judge(seen).verdict == .inconclusive)
        // The kernel's records have them.
        seen.transfers = .active
        #expect(judge(seen).verdict == .pass)
        seen.syscalls = .unavailable("--syscalls off")
        #expect(judge(seen).verdict == .inconclusive)
    }

    @Test func filesThatWereNotFollowedAreNoPass() {
        var process = cleanProcess()
        process.lost.files = 1
        #expect(judge(observation(process)).verdict == .inconclusive)
    }

    @Test func sharedRowsCostOnlyTheThreadsName() {
        var process = cleanProcess()
        process.lost.threadCalls = 7
        #expect(judge(observation(process)).verdict == .pass)
    }

    @Test func noTransferIsNoPass() {
        var process = cleanProcess()
        process.phases = PhaseLedgers()
        process.steadyReached = false
        let audit = judge(observation(process))
        #expect(audit.verdict == .inconclusive)
        #expect(audit.reasons == ["no transfer on an O_DIRECT file was seen, nor such a file"])
        #expect(audit.settledAfter == nil)
    }

    @Test func warmupAloneIsNoPass() {
        var process = cleanProcess()
        process.phases[.steady].transfers = 0
        process.steadyReached = false
        #expect(judge(observation(process)).verdict == .inconclusive)
    }

    @Test(arguments: [(100, .pass), (101, .inconclusive)] as [(UInt64, Verdict)])
    func theSteadyPhaseHoldsWhatWasAskedFor(minimum: UInt64, verdict: Verdict) {
        let request = AuditRequest.with { $0.minimumTransfers = minimum }
        #expect(judge(observation(cleanProcess()), by: request).verdict == verdict)
    }

    @Test func noSteadyTransferIsNoPassWhateverIsAskedFor() {
        var process = cleanProcess()
        process.phases[.steady].transfers = 0
        let request = AuditRequest.with { $0.minimumTransfers = 0 }
        #expect(judge(observation(process), by: request).verdict == .inconclusive)
    }

    @Test func unknownPageFaultsAreNoPass() {
        var process = cleanProcess()
        process.saidGoodbye = false
        process.lastPhase = .steady
        process.phases[.steady].faultsKnown = false
        #expect(judge(observation(process)).verdict == .inconclusive)
        #expect(judge(observation(process)).settledAfter == nil)
        let allowing = AuditRequest.with { $0.policy = Policy(allow: [.pageFaultMinor, .pageFaultMajor]) }
        #expect(judge(observation(process), by: allowing).verdict == .pass)
    }

    @Test func aProcessThatRunsOnIsNoPass() {
        var seen = observation(cleanProcess())
        seen.leftBehind = [11]
        #expect(judge(seen).verdict == .inconclusive)
    }

    @Test func anUnknownMarkerIsNoPass() {
        var process = cleanProcess()
        process.unknownMarkers = 1
        #expect(judge(observation(process)).verdict == .inconclusive)
    }

    @Test func theKernelWitnessCanBeRequired() {
        #expect(
            judge(observation(cleanProcess()), by: AuditRequest.with { $0.kernel = .require }).verdict == .inconclusive)
        #expect(judge(observation(cleanProcess()), by: AuditRequest.with { $0.kernel = .off }).verdict == .pass)
    }

    // MARK: the subject's own end

    @Test(arguments: [SubjectExit(code: 5), SubjectExit(signal: 11), SubjectExit()])
    func aSubjectThatFailedIsNoPass(exit: SubjectExit) {
        var seen = observation(cleanProcess())
        seen.subject.exit = exit
        let audit = judge(seen)
        #expect(audit.verdict == .inconclusive)
        #expect(ExitStatus.first(of: audit.statuses) == .subjectFailed)
    }

    @Test func aCrashDoesNotHideAViolation() {
        var process = cleanProcess()
        process.phases[.steady].events[.malloc].calls = 1
        var seen = observation(process)
        seen.subject.exit = SubjectExit(signal: 11)
        let audit = judge(seen)
        #expect(audit.verdict == .fail)
        #expect(ExitStatus.first(of: audit.statuses) == .fail)
    }

    @Test func eachProcessThatTransfersMustBeSteady() {
        var child = cleanProcess(pid: 11)
        child.steadyReached = false
        child.phases[.steady].transfers = 0
        #expect(judge(observation(cleanProcess(), child)).verdict == .inconclusive)
        child.phases[.warmup].transfers = 0
        #expect(judge(observation(cleanProcess(), child)).verdict == .pass)
    }

    @Test func aLockThatCannotBeReadIsNotKnown() {
        var process = cleanProcess()
        process.lock.observed = false
        #expect(judge(observation(process), by: AuditRequest.with { $0.lock = .always }).verdict == .inconclusive)
        process.lock.observed = true
        #expect(judge(observation(process), by: AuditRequest.with { $0.lock = .always }).verdict == .pass)
    }

    /// A signal ends what `--enforce abort` stops.
    @Test func whatWasStoppedDidNotFail() {
        var process = cleanProcess()
        process.aborted = true
        process.phases[.steady].events[.malloc].calls = 1
        var seen = observation(process)
        seen.subject.exit = SubjectExit(signal: 6)
        seen.failure = Reason("the subject was killed by signal 6 (Aborted)", .alone)
        let audit = judge(seen)
        #expect(audit.verdict == .fail && !audit.subjectFailed)
        #expect(audit.statuses == [.fail])
        #expect(audit.reasons == ["in the steady phase: 1 malloc"])
    }

    /// The interposer knows nothing of suppressions.
    @Test func whatWasStoppedForNothingIsNoPass() {
        var process = cleanProcess()
        process.aborted = true
        #expect(judge(observation(process)).verdict == .inconclusive)
    }

    @Test(arguments: [(SubjectExit(code: 3), 3), (SubjectExit(signal: 15), 143)] as [(SubjectExit, Int32)])
    func anExpectedExitIsNoFailure(exit: SubjectExit, status: Int32) {
        var seen = observation(cleanProcess())
        seen.subject.exit = exit
        let audit = judge(seen, by: AuditRequest.with { $0.expectedStatus = status })
        #expect(audit.verdict == .pass && audit.statuses == [.pass])
        #expect(judge(seen).subjectFailed)
    }

    @Test func anExitThatWasNotExpectedIsAFailure() {
        let audit = judge(observation(cleanProcess()), by: AuditRequest.with { $0.expectedStatus = 3 })
        #expect(audit.failure == "the subject exited with status 0, not with status 3")
        #expect(audit.verdict == .inconclusive && audit.subjectFailed)
    }

    @Test func anObstacleIsNotTheSubjectsFailure() {
        var seen = observation(cleanProcess())
        seen.subject.exit = SubjectExit(code: 5)
        seen.obstacles = [Reason("io_uring is disabled", .doctor)]
        let audit = judge(seen)
        #expect(audit.reasons == ["io_uring is disabled"])
        #expect(audit.statuses == [.inconclusive])
    }

    @Test func oneOfSeveralDecides() {
        #expect(Verdict.overall([.pass, .pass]) == .pass)
        #expect(Verdict.overall([.pass, .inconclusive]) == .inconclusive)
        #expect(Verdict.overall([.inconclusive, .fail, .pass]) == .fail)
        #expect(Verdict.overall([]) == .inconclusive)
    }
}
