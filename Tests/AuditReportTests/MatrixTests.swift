import AuditCore
import Testing

@testable import AuditReport

/// What the matrix makes of kernel allocations, observed or not.
@Suite struct MatrixTests {
    /// 1000 transfers, each with an allocation of its own and now and then another.
    private func cell(
        _ kernel: [KernelAllocation], _ witness: Witness = .active, transfers: UInt64 = 1000, block: Int = 4096,
        verdict: Verdict = .pass, reasons: [String] = []
    ) -> MatrixCell {
        var steady = PhaseLedger(.steady)
        steady.transfers = transfers
        steady.kernel = kernel
        return MatrixCell(
            "psync-write-\(block / 1024)k", engine: "psync", rw: "write", blockBytes: block, steady: steady,
            witness: witness, verdict: verdict, reasons: reasons, statuses: [verdict == .pass ? .pass : .inconclusive])
    }

    private func row(
        _ kind: KernelAllocation.Kind, _ risk: KernelAllocation.Risk, calls: UInt64, mempool: Bool = false
    ) -> KernelAllocation {
        KernelAllocation(
            kind: kind, site: "somewhere", gfp: "GFP", risk: risk, mempool: mempool, calls: calls, bytes: calls * 64,
            transfers: 1000)
    }

    private func matrix(_ targets: MatrixTarget...) -> Matrix {
        Matrix(machine: Machine(kernel: "6.18", arch: "x86_64", cpus: 2), targets: targets)
    }

    private func text(_ matrix: Matrix) -> String {
        matrixText(matrix, Style(coloured: false), quiet: false)
    }

    @Test func rowsOfAKindAreAddedUpPerTransfer() {
        let cell = cell([
            row(.kmalloc, .mayWaitForWriteback, calls: 1000), row(.kmalloc, .nonBlocking, calls: 250),
            row(.kmemCacheAlloc, .mayWait, calls: 2),
        ])
        #expect(cell.kmalloc == MatrixCell.Figure(calls: 1250, bytes: 80000, perTransfer: 1.25))
        #expect(cell.pageAlloc == MatrixCell.Figure(calls: 0, bytes: 0, perTransfer: 0))
        #expect(cell.worstRisk == .mayWaitForWriteback && !cell.worstHasReserve)
        let matrix = matrix(MatrixTarget("ext4", [cell]))
        #expect(matrix.exitStatus == .pass)
        // Two in a thousand are few, and not none.
        #expect(
            text(matrix).contains(
                """
                ext4         4k kmalloc   slab  pages       risk
                psync write        1.25  <0.01   0.00  writeback

                """))
        #expect(matrixMarkdown(matrix).contains("| psync write | 1.25 | \\<0.01 | 0.00 | writeback |"))
    }

    @Test func nothingAllocatedIsObservedToo() {
        let cell = cell([])
        #expect(cell.worstRisk == MatrixCell.Risk.none && cell.kmalloc?.calls == 0 && !cell.worstHasReserve)
        #expect(matrix(MatrixTarget("block", [cell])).exitStatus == .pass)
    }

    @Test(arguments: [(Witness.unavailable("no tracefs"), UInt64(1000)), (.active, 0)])
    func whatNobodyObservedIsADash(witness: Witness, transfers: UInt64) {
        let cell = cell([], witness, transfers: transfers, verdict: .inconclusive, reasons: ["no tracefs"])
        #expect(cell.worstRisk == nil && cell.kmalloc == nil && cell.kmemCacheAlloc == nil && cell.pageAlloc == nil)
        let matrix = matrix(MatrixTarget("xfs", [cell]))
        #expect(matrix.exitStatus == .inconclusive)
        #expect(text(matrix).contains("psync write           -     -      -     -\n"), "\(text(matrix))")
        #expect(text(matrix).contains("  - every cell: no tracefs\n"))
        #expect(text(matrix).hasSuffix("dioaudit: matrix: 0 of 1 cell observed on 1 target\n"))
    }

    @Test func whatWasSeenInPartIsALowerBound() {
        let cell = cell(
            [row(.kmalloc, .mayWait, calls: 1000)], .partial("records were lost"), verdict: .inconclusive,
            reasons: ["records were lost"])
        let matrix = matrix(MatrixTarget("xfs", [cell]))
        #expect(matrix.exitStatus == .inconclusive)
        #expect(text(matrix).contains("psync write       ≥1.00  ≥0.00  ≥0.00  ≥wait\n"), "\(text(matrix))")
    }

    @Test func aReserveIsMarkedIfAllOfTheWorstHaveOne() {
        let reserved = row(.kmemCacheAlloc, .mayWaitForWriteback, calls: 1000, mempool: true)
        let bare = row(.kmalloc, .mayWaitForWriteback, calls: 1)
        let milder = row(.kmalloc, .mayWait, calls: 1000)
        #expect(cell([milder, reserved]).worstHasReserve)
        #expect(!cell([milder, reserved, bare]).worstHasReserve)
        let text = text(matrix(MatrixTarget("ext4", [cell([milder, reserved])])))
        #expect(text.contains("writeback*\n") && text.contains("; *: reserve)"))
    }

    @Test func blockSizesStandSideBySide() {
        let cells = [cell([]), cell([row(.kmalloc, .mayWait, calls: 1000)], block: 131072)]
        let grid = MatrixGrid(MatrixTarget("block", cells))
        #expect(grid.header[1] == "4k kmalloc" && grid.header[5] == "128k kmalloc")
        #expect(grid.rows == [["psync write", "0.00", "0.00", "0.00", "no", "1.00", "0.00", "0.00", "wait"]])
    }

    @Test func columnsThatAreTheSameInAllRowsAreSaidOnce() {
        let cells = [4096, 131072].flatMap { block in
            [UInt64(1000), 2000].map { calls in
                MatrixCell(
                    "x", engine: "psync\(calls)", rw: "write", blockBytes: block,
                    steady: {
                        var steady = PhaseLedger(.steady)
                        steady.transfers = 1000
                        steady.kernel = [
                            row(.kmalloc, .mayWait, calls: calls),
                            row(.kmemCacheAlloc, .mayWait, calls: block == 4096 ? 1000 : calls),
                        ]
                        return steady
                    }(), witness: .active, verdict: .pass, reasons: [], statuses: [.pass])
            }
        }
        let text = text(matrix(MatrixTarget("ext4", cells)))
        #expect(
            text.contains(
                """
                ext4             4k kmalloc  128k kmalloc  slab
                psync1000 write        1.00          1.00  1.00
                psync2000 write        2.00          2.00  2.00
                  all: slab 1.00 (4k), pages 0.00, risk wait

                """), "\(text)")
    }

    @Test func whatThisMachineCannotHaveIsNoFailureAndWhatFailedIs() {
        let absent = MatrixTarget("f2fs", notMeasured: .absent, because: "no mkfs.f2fs: apt-get install f2fs-tools")
        let failed = MatrixTarget("xfs", notMeasured: .failed, because: "mkfs.xfs: no space")
        let measured = MatrixTarget("block", [cell([])])
        #expect(matrix(measured, absent).exitStatus == .pass)
        #expect(matrix(measured, absent, failed).exitStatus == .inconclusive)
        #expect(matrix(absent).exitStatus == .inconclusive, "nothing was observed")
        let text = text(matrix(measured, absent, failed))
        #expect(text.contains("f2fs  not here: no mkfs.f2fs: apt-get install f2fs-tools\n"))
        #expect(text.hasSuffix("1 of 1 cell observed on 1 target; not here: f2fs; failed: xfs\n"))
    }
}
