import AuditCore

/// Kernel allocations for each steady transfer, by kind, and the worst of their risks. All null if they were not observed.
package struct KernelFigures {
    var kmalloc: MatrixCell.Figure?
    var kmemCacheAlloc: MatrixCell.Figure?
    var pageAlloc: MatrixCell.Figure?
    package private(set) var worstRisk: MatrixCell.Risk?
    /// Every row with the worst risk has a reserve (`KernelAllocation.mempool`).
    var worstHasReserve = false
    /// Every figure is a lower bound.
    private var isPartial = false

    init(_ steady: PhaseLedger, _ witness: Witness) {
        // Without transfers there was nothing to see.
        guard witness.status != .unavailable, steady.transfers > 0 else { return }
        let rows = steady.kernel
        let worst = rows.map(\.risk).max()
        worstHasReserve = !rows.isEmpty && rows.allSatisfy { $0.risk != worst || $0.mempool }
        kmalloc = MatrixCell.Figure(rows, .kmalloc, steady.transfers)
        kmemCacheAlloc = MatrixCell.Figure(rows, .kmemCacheAlloc, steady.transfers)
        pageAlloc = MatrixCell.Figure(rows, .pageAlloc, steady.transfers)
        worstRisk = worst.map(MatrixCell.Risk.init) ?? MatrixCell.Risk.none
        isPartial = witness.status == .partial
    }

    package init(_ audit: Audit) {
        self.init(audit.phases[.steady], audit.witnesses.kernel)
    }

    package static let titles = ["kmalloc", "slab", "pages", "risk"]

    /// A dash where it was not observed.
    package var texts: [String] {
        let bound = isPartial ? "≥" : ""
        let figures = [kmalloc, kmemCacheAlloc, pageAlloc].map { $0.map { bound + Figures.rate($0.perTransfer) } }
        let risk = worstRisk.map { bound + $0.word + (worstHasReserve ? reserveMark : "") }
        return (figures + [risk]).map { $0 ?? "-" }
    }
}

/// Behind a risk.
let reserveMark = "*"

package let riskLegend = "risk if memory is short: may wait for writeback, may wait, or no; *: reserve"

extension KernelAllocation {
    var riskText: String { risk.word + (mempool ? reserveMark : "") }
}

extension KernelAllocation.Risk {
    /// Short, for tables; the report has the longer names.
    var word: String {
        switch self {
        case .nonBlocking: "no"
        case .mayWait: "wait"
        case .mayWaitForWriteback: "writeback"
        }
    }
}

extension MatrixCell.Risk {
    var word: String {
        switch self {
        case .none, .nonBlocking: "no"
        case .mayWait: "wait"
        case .mayWaitForWriteback: "writeback"
        }
    }

    fileprivate init(_ risk: KernelAllocation.Risk) {
        self =
            switch risk {
            case .nonBlocking: .nonBlocking
            case .mayWait: .mayWait
            case .mayWaitForWriteback: .mayWaitForWriteback
            }
    }
}

extension KernelAllocation.Kind {
    /// As tables call it.
    var word: String {
        switch self {
        case .kmalloc: "kmalloc"
        case .kmemCacheAlloc: "slab"
        case .pageAlloc: "pages"
        }
    }
}

extension MatrixCell.Figure {
    fileprivate init(_ rows: [KernelAllocation], _ kind: KernelAllocation.Kind, _ transfers: UInt64) {
        let rows = rows.filter { $0.kind == kind }
        calls = rows.reduce(0) { $0 + $1.calls }
        bytes = rows.reduce(0) { $0 + $1.bytes }
        perTransfer = Double(calls) / Double(transfers)
    }
}
