import AuditCore
import Testing

/// What the kernel accounts as disk I/O against what the interposer saw transferred.
@Suite struct AccountingTests {
    private typealias Balance = IOAccounting.Balance

    private func reasons(_ change: (inout ProcessLedger) -> Void) -> [String] {
        var process = cleanProcess()
        change(&process)
        return judge(observation(process)).reasons
    }

    @Test func whatIsExplainedToTheByteIsNoReason() {
        #expect(reasons { $0.accounting.read.steady = Balance(accounted: 40960, explained: 40960) } == [])
        #expect(
            reasons { $0.accounting.read.steady = Balance(accounted: 512, explained: 40960) } == [],
            "holes are not read")
    }

    @Test func eachDirectionIsExplainedByItself() {
        let seen = reasons {
            $0.accounting.read.steady = Balance(accounted: 4608, explained: 4096)
            $0.accounting.written.steady = Balance(accounted: 0, explained: 40960)
        }
        #expect(seen.count == 1)
        #expect(seen[0].contains("4608 bytes read from disks") && seen[0].contains("explain 4096"))
        let other = reasons { $0.accounting.written.steady = Balance(accounted: 1, explained: 0) }
        #expect(other.count == 1)
        #expect(other[0].contains("1 byte written to disks"))
    }

    @Test func beforeTheFirstTransferCallsThatWereNotSeenMayBeOthers() {
        func unseen(_ accounted: UInt64, _ uncalled: UInt64) -> [String] {
            reasons {
                $0.steadyReached = false
                $0.accounting.writtenUnseen = IOAccounting.Unseen(accounted: accounted, uncalled: uncalled)
            }.filter { $0.contains("before its first transfer that was seen") }
        }
        #expect(unseen(4096, 512).count == 1)
        #expect(unseen(4096, 511) == [], "no call moved a block")
        #expect(unseen(0, 4096) == [], "nothing reached a disk")
        #expect(reasons { $0.accounting.isUnseenUnknown = true }.count == 1)
        for isSteady in [true, false] {
            let refused = reasons {
                $0.steadyReached = isSteady
                $0.accounting.isUnseenUnknown = true
                $0.accounting.wasRefused = true
            }
            #expect(refused.filter { $0.contains("getrusage(2) was refused") }.count == 1, "said once")
        }
    }

    private func leftOver(deferred: UInt64, warmup: Balance) -> [String] {
        reasons {
            $0.accounting.read.warmup = warmup
            $0.accounting.read.steady = Balance(accounted: 8192, explained: 4096)
            $0.accounting.read.deferred = deferred
        }
    }

    @Test func onlyWhatTheWarmUpLacksAndDeferredIsExcused() {
        #expect(leftOver(deferred: 4096, warmup: Balance(accounted: 0, explained: 4096)) == [])
        #expect(
            leftOver(deferred: 4096, warmup: Balance(accounted: 4096, explained: 4096)).count == 1, "nothing is lacking"
        )
        #expect(
            leftOver(deferred: 4095, warmup: Balance(accounted: 0, explained: 4096)).count == 1, "it was not deferred")
        #expect(leftOver(deferred: 4096, warmup: Balance(accounted: 1, explained: 4096)).count == 1, "a byte too many")
    }

    @Test func whatIsNotKnownIsNoPass() {
        #expect(reasons { $0.accounting.wasRefused = true }.contains { $0.contains("getrusage(2) was refused") })
        #expect(
            judge(observation(cutShort), by: AuditRequest.with { $0.policy = Policy(allow: [.pageFaultMinor]) }).reasons
                .contains { $0.contains("ended within the steady phase") })
    }

    private var cutShort: ProcessLedger {
        var process = cleanProcess()
        process.accounting.isCutShort = true
        return process
    }

    /// 1 MiB of warm blocks and one page more.
    private func metadata(_ change: (inout IOAccounting) -> Void) -> Int {
        reasons {
            $0.accounting.rings = .none
            $0.accounting.written.steady = Balance(accounted: (1 << 20) + 4096, explained: 1 << 20)
            change(&$0.accounting)
        }.count
    }

    @Test func pagesOfTheFileSystemAreExcusedOnlyWhereNoTransferCanBeAmongThem() {
        #expect(metadata { _ in } == 0)
        #expect(metadata { $0.rings = .known } == 0)
        #expect(metadata { $0.rings = .unknown } == 1)
        #expect(
            metadata {
                $0.rings = .known
                $0.written.steady.accounted += 64 * 4096
            } == 1, "too many for a ring")
        #expect(
            metadata {
                $0.rings = .known
                $0.written.warmup = Balance(accounted: 4096, explained: 2 << 20)
                $0.written.steady.accounted += (2 << 20) - 4096
                $0.written.deferred = 2 << 20
            } == 0, "beside what the warm-up left")
        #expect(metadata { $0.written.uncalled = 1 } == 1)
        #expect(metadata { $0.written.uncalled = nil } == 1)
        #expect(metadata { $0.written.steady.accounted -= 512 } == 1, "no whole page")
        #expect(metadata { ($0.read, $0.written) = ($0.written, $0.read) } == 1, "reads make nothing dirty")
    }

    @Test func whereLessIsAccountedNoCallMayHavePassed() {
        func reasons(_ uncalled: UInt64?) -> [String] {
            self.reasons {
                $0.accounting.read.steady = Balance(accounted: 0, explained: 40960)
                $0.accounting.read.uncalled = uncalled
            }
        }
        #expect(reasons(0) == [])
        #expect(reasons(1).contains { $0.contains("only 0 of 40960 bytes") && $0.contains("1 byte") })
        #expect(reasons(nil).contains { $0.contains("is not known (/proc/PID/io)") })
    }

    @Test func itIsTheWitnessWhereTheKernelsIsNotThere() {
        func witness(_ change: (inout Observation) -> Void) -> Witness? {
            var seen = observation(cleanProcess())
            seen.transfers = .unavailable("why")
            change(&seen)
            return judge(seen).witnesses.accounting
        }
        #expect(witness { _ in } == .active)
        #expect(witness { $0.transfers = .active } == nil)
        #expect(witness { $0.ledger.processes[0].steadyReached = false } == nil)
        #expect(witness { $0.ledger.processes[0].accounting.wasRefused = true }?.status == .partial)
        #expect(witness { $0.ledger.processes[0].accounting.isCutShort = true }?.status == .partial)
    }

    @Test func whoNeverWasSteadyIsNotAsked() {
        #expect(
            !reasons {
                $0.steadyReached = false
                $0.accounting.read.steady = Balance(accounted: 1, explained: 0)
            }.contains { $0.contains("accounts") })
    }
}
