import AuditCore
import Testing

/// What the kernel and the interposer did not both see is no pass.
@Suite struct TransferReasonsTests {
    /// The process of `cleanProcess`, which did 101 transfers in its one thread, as the kernel saw it.
    private static func observed(
        _ change: (inout KernelTransfers) -> Void = { _ in }, process: ProcessLedger = transferring()
    ) -> Observation {
        var process = process
        var kernel = KernelTransfers()
        kernel.calls = ["pwrite64": 101]
        kernel.threads = [10: 101]
        change(&kernel)
        process.kernelTransfers = kernel
        var seen = observation(process)
        seen.transfers = .active
        return seen
    }

    private static func transferring(pid: Int32 = 10) -> ProcessLedger {
        var process = cleanProcess(pid: pid)
        process.threads[0].phases[.warmup].transfers = 1
        process.threads[0].phases[.steady].transfers = 100
        return process
    }

    private func isPass(_ seen: Observation) -> Bool {
        let audit = judge(seen)
        #expect((audit.verdict == .pass) == audit.reasons.isEmpty)
        #expect(audit.verdict != .fail)
        return audit.verdict == .pass
    }

    private func reasons(_ seen: Observation) -> [String] {
        #expect(!isPass(seen))
        return judge(seen).reasons
    }

    /// The first, and nothing if there is none.
    private func reason(_ seen: Observation) -> String { reasons(seen).first ?? "" }

    @Test func whatBothSawPasses() {
        #expect(isPass(Self.observed()))
    }

    @Test(arguments: [100, 102] as [UInt64]) func aDifferenceOfOneIsNoPass(seen: UInt64) {
        let all = reasons(
            Self.observed {
                $0.calls = ["pwrite64": seen - 10, "read": 10]
                $0.threads = [10: seen]
            })
        #expect(all.count == 1)
        #expect(
            (all.first ?? "").hasPrefix(
                seen == 102
                    ? "the kernel saw 102 transfers on O_DIRECT files by subject (pid 10) (pwrite64 92, read 10), and the interposer 101"
                    : "the interposer counted 101 transfers of subject (pid 10), of which the kernel saw 100 on O_DIRECT files"
            ),
            "\(all)")
    }

    @Test func aProcessOfWhichTheKernelSawNoneIsNoPass() {
        let seen = Self.observed {
            $0.calls = [:]
            $0.threads = [:]
        }
        #expect(reason(seen).contains("of which the kernel saw 0"))
    }

    @Test func withoutTheWitnessNothingIsCompared() {
        var seen = Self.observed { $0.calls = ["pwrite64": 7] }
        seen.transfers = .unavailable("why")
        #expect(isPass(seen))
        seen.transfers = .active
        seen.ledger.processes[0].kernelTransfers = nil
        #expect(isPass(seen))
    }

    @Test func aWitnessThatLostRecordsIsNoPass() {
        var seen = Self.observed()
        seen.transfers = .partial("the transfers witness lost 3 records")
        #expect(reasons(seen) == ["the transfers witness lost 3 records"])
    }

    // MARK: requests of which less is known

    /// For the interposer a request is a transfer when it is submitted.
    @Test func aRequestThatFailedLaterCountsForTheInterposer() {
        func uring(_ complete: UInt64, failed: UInt64 = 0, withoutFile: UInt64 = 0) -> Observation {
            Self.observed {
                $0.calls = ["io_uring": complete]
                $0.threads = [:]
                $0.unknown.failed = failed
                $0.unknown.withoutFile = withoutFile
            }
        }
        #expect(isPass(uring(95, failed: 6)))
        #expect(!isPass(uring(95, failed: 5)))
        #expect(!isPass(uring(95, failed: 7)))
        #expect(isPass(uring(95, failed: 4, withoutFile: 2)))
        #expect(isPass(uring(95, failed: 6, withoutFile: 2)), "the interposer knew that these two are on another file")
        #expect(!isPass(uring(95, failed: 3, withoutFile: 2)))
    }

    @Test func aRequestThatTheKernelDoesNotShowIsNoPass() {
        let said = reason(Self.observed { $0.unknown.unseen = 2 })
        #expect(said.contains("2 requests of io_uring of which the kernel does not show"), "\(said)")
    }

    @Test func aSubmissionThatWasTakenInPartIsNoPass() {
        let said = reason(Self.observed { $0.unknown.partlyTaken = 2 })
        #expect(said.contains("of 2 iocbs it is not known"), "\(said)")
    }

    /// Where the phases are the kernel's there is nothing to compare; but a request that it does not show may be in any phase.
    @Test func ofPhasesByTheKernelNoRequestMayBeUnknown() {
        func seen(_ change: (inout UnknownTransfers) -> Void) -> [String] {
            var seen = Self.observed {
                $0.calls = ["io_uring": 7]
                change(&$0.unknown)
            }
            seen.ledger.processes[0].phasesByKernel = true
            return judge(seen, by: AuditRequest.with { $0.policy = Policy(allow: Set(EventKind.counted)) }).reasons
        }
        #expect(!seen { $0.failed = 3 }.contains { $0.contains("request") })
        #expect(seen { $0.unseen = 1 }.contains { $0.contains("made 1 request of io_uring") })
        #expect(seen { $0.partlyTaken = 1 }.contains { $0.contains("of 1 iocb it is not known") })
    }

    // MARK: phases by the kernel's transfers, of a process that the interposer saw in part

    private static func partlySeen(_ change: (inout ProcessLedger) -> Void) -> Audit {
        var seen = observed()
        seen.syscalls = .active
        seen.syscalls.method = .perf
        seen.ledger.processes[0].phasesByKernel = true
        seen.ledger.processes[0].seenTransfers = 40
        change(&seen.ledger.processes[0])
        return judge(seen)
    }

    @Test func aProcessSeenInPartPassesWhereItsHeapIsKnown() {
        let audit = Self.partlySeen { _ in }
        #expect(audit.verdict == .pass && audit.phasesFoundBy == .kernel, "\(audit.reasons)")
        #expect(
            audit.notes[0].hasPrefix("the interposer saw 40 of the 101 transfers of subject (pid 10) (pwrite64 101)"))
    }

    /// It has no interposer that could have seen any.
    @Test func ofAnAttachedProgramNoInterposerIsSpokenOf() {
        var seen = Self.observed()
        seen.ledger.processes[0].phasesByKernel = true
        seen.attached = Attached(heapProblem: nil, hasEnded: false, isWhole: true, becameProgram: false)
        #expect(!judge(seen).notes.contains { $0.contains("interposer") })
    }

    @Test func whatMayBeOfTheSteadyPhaseIsNoPass() {
        func reasons(_ change: (inout ProcessLedger) -> Void) -> [String] { Self.partlySeen(change).reasons }
        let heap = reasons { $0.threads[0].undated[.malloc].calls = 2 }
        #expect(heap.count == 1 && heap[0].contains("so that 2 mallocs may be of the steady phase or not"), "\(heap)")
        #expect(reasons { $0.threads[0].undated[.free].calls = 2 } == [])
        #expect(reasons { $0.undatedFaults = 3 }.contains { $0.hasPrefix("3 page faults of subject") })
        #expect(reasons { $0.undatedPages = 4 }.contains { $0.hasPrefix("4 resident pages") })
        #expect(reasons { $0.undatedHeap = 32 }.contains { $0.hasPrefix("32 bytes that glibc's own books have") })
        #expect(reasons { $0.steadyBeginsLate = true }.contains { $0.hasPrefix("where the steady phase of subject") })
    }

    // MARK: threads

    @Test func anotherThreadsTransfersDoNotStandForAThreads() {
        let said = reason(Self.observed { $0.threads = [10: 100, 12: 1] })
        #expect(said.hasPrefix("the kernel saw 100 transfers on O_DIRECT files by thread main (10)"), "\(said)")
        let unlisted = reason(Self.observed { $0.threads = [9: 101] })
        #expect(unlisted.contains("by thread 9 of subject (pid 10), and the interposer 0"), "\(unlisted)")
    }

    /// A thread that has ended may have its row in one that all of them share.
    @Test func aThreadThatEndedMayBePooled() {
        var process = Self.transferring()
        process.threads[0].phases[.steady].transfers = 60
        process.threads.append(ThreadLedger(tid: 0, name: "(exited)", doesTransfers: true))
        process.threads[1].phases[.steady].transfers = 40
        #expect(isPass(Self.observed({ $0.threads = [10: 61, 12: 40] }, process: process)))
        #expect(
            isPass(Self.observed({ $0.threads = [10: 81, 12: 20] }, process: process)), "one took another's number")
        #expect(!isPass(Self.observed({ $0.threads = [10: 60, 12: 41] }, process: process)))
    }

    /// A vfork child's transfers stand in its parent's thread, of which the kernel does not know which it is.
    @Test func aChildsTransfersStandInAnyThread() {
        #expect(isPass(Self.observed { $0.threads = [0: 3, 10: 98] }))
        #expect(!isPass(Self.observed { $0.threads = [0: 3, 10: 97, 12: 1] }))
    }

    /// io_uring's completions are no thread's: the threads are not compared then.
    @Test func withRequestsOfIoUringTotalsAreCompared() {
        #expect(
            isPass(
                Self.observed {
                    $0.calls = ["io_uring": 50, "pwrite64": 51]
                    $0.threads = [10: 51]
                }))
    }

    // MARK: processes

    private static func two(_ first: UInt64, _ second: UInt64, shared: Bool, images: [UInt32] = [0, 0]) -> Observation {
        var processes = [transferring(), transferring(pid: 11)]
        for (index, count) in [first, second].enumerated() {
            var kernel = KernelTransfers()
            kernel.calls = ["pwrite64": count]
            kernel.threads = [processes[index].pid: count]
            processes[index].kernelTransfers = kernel
            processes[index].image = images[index]
            processes[index].lost.threadCalls = shared ? 1 : 0
        }
        var seen = observation(processes[0], processes[1])
        seen.transfers = .active
        return seen
    }

    @Test func eachProcessIsComparedByItself() {
        #expect(isPass(Self.two(101, 101, shared: false)))
        #expect(!isPass(Self.two(100, 102, shared: false)))
        #expect(judge(Self.two(100, 102, shared: false)).reasons.count == 2)
    }

    /// Rows that a program and its forked children share do not say whose a transfer was.
    @Test func processesThatShareRowsAreComparedTogether() {
        #expect(isPass(Self.two(100, 102, shared: true)))
        let more = reasons(Self.two(100, 103, shared: true))
        #expect(more.count == 1)
        #expect(
            (more.first ?? "").contains(
                "saw 203 transfers on O_DIRECT files by subject (pid 10) and the children that it forked"))
        #expect(!isPass(Self.two(100, 102, shared: true, images: [0, 1])), "two programs share no rows")
    }

    @Test func aProcessThatNeverReportedIsNoPass() {
        var seen = Self.observed()
        seen.ledger.unreportedTransfers = [17: 4]
        #expect(reasons(seen) == ["the kernel saw 4 transfers on O_DIRECT files by process 17, which never reported"])
        seen.ledger.unreportedTransfers[16] = 1
        #expect(
            reasons(seen) == [
                "the kernel saw 5 transfers on O_DIRECT files by 2 processes (pid 16 and others), which never reported"
            ])
    }

    @Test func theFirstScreenHoldsOtherReasonsToo() {
        var processes = (0..<9).map { Self.transferring(pid: 10 + $0) }
        for index in processes.indices {
            processes[index].kernelTransfers = KernelTransfers()
            processes[index].image = UInt32(index)
        }
        var seen = observation(processes[0])
        seen.ledger.processes = processes
        seen.transfers = .active
        let said = reasons(seen)
        #expect(said.count == 5)
        #expect(said.last == "the kernel and the interposer saw other transfers in 5 more differences")
    }
}
