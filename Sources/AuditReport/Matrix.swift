import AuditCore

/// A whole run of `dioaudit matrix`, as its JSON has it: what the kernel allocates for a transfer, by where the transfer
/// goes and how it is asked for.
public struct Matrix: Sendable, Encodable {
    /// Changes as `Report.schema` does.
    public let schema = "dioaudit/matrix/1"
    public let tool = Report.Tool.current
    public let machine: Machine
    /// Where the image files of the disks lie.
    public let files: Storage?
    public let targets: [MatrixTarget]

    public init(machine: Machine, files: Storage? = nil, targets: [MatrixTarget]) {
        self.machine = machine
        self.files = files
        self.targets = targets
    }

    /// It judges no figure. It is whole when every cell of the targets that this machine can have was observed.
    public var exitStatus: ExitStatus {
        let measured = targets.flatMap(\.cells)
        let isOpen = measured.isEmpty || targets.contains { $0.status == .failed }
        return ExitStatus.first(of: measured.flatMap(\.statuses) + (isOpen ? [.inconclusive] : []))
    }
}

/// What the transfers went to.
public struct MatrixTarget: Sendable, Encodable {
    public enum Status: String, Sendable, Encodable {
        case measured
        /// This machine cannot have it.
        case absent
        /// It should have worked, and did not.
        case failed
    }

    /// `block`, or the type of its file system.
    public let name: String
    public let status: Status
    /// Why it was not measured.
    @Nullable public var reason: String?
    public let cells: [MatrixCell]

    public init(_ name: String, _ cells: [MatrixCell]) {
        self.name = name
        status = .measured
        reason = nil
        self.cells = cells
    }

    public init(_ name: String, notMeasured status: Status, because reason: String) {
        self.name = name
        self.status = status
        self.reason = reason
        cells = []
    }
}

/// One run of the driver: an engine, a direction and a block size on one target.
public struct MatrixCell: Sendable, Encodable {
    /// Allocations of one kind in the steady phase.
    public struct Figure: Equatable, Sendable, Encodable {
        public let calls: UInt64
        /// As the kernel's own callers asked for them.
        public let bytes: UInt64
        public let perTransfer: Double
    }

    /// The worst of a cell's rows. The reserve of a mempool makes the same risk smaller.
    public enum Risk: String, Sendable, Encodable {
        /// Nothing was allocated.
        case none
        case nonBlocking, mayWait, mayWaitForWriteback
    }

    /// The workload's, as in a report: `psync-write-4k`.
    public let name: String
    public let engine: String
    public let rw: String
    public let blockBytes: Int
    /// Of the steady phase.
    public let transfers: UInt64
    /// Whether the kernel witness was looking. `partial` makes every figure a lower bound.
    public let witness: Witness
    /// Null if it was not observed; then the others are null, too.
    @Nullable public var kmalloc: Figure?
    @Nullable public var kmemCacheAlloc: Figure?
    @Nullable public var pageAlloc: Figure?
    @Nullable public var worstRisk: Risk?
    /// Every row with the worst risk has a reserve (`KernelAllocation.mempool`).
    public let worstHasReserve: Bool
    public let rows: [KernelAllocation]
    public let verdict: Verdict
    public let reasons: [String]
    let statuses: [ExitStatus]
    let figures: KernelFigures

    public init(_ audit: Audit, engine: String, rw: String, blockBytes: Int) {
        self.init(
            audit.name, engine: engine, rw: rw, blockBytes: blockBytes, steady: audit.phases[.steady],
            witness: audit.witnesses.kernel, verdict: audit.verdict, reasons: audit.reasonsInWords,
            statuses: audit.statuses)
    }

    init(
        _ name: String, engine: String, rw: String, blockBytes: Int, steady: PhaseLedger, witness: Witness,
        verdict: Verdict, reasons: [String], statuses: [ExitStatus]
    ) {
        self.name = name
        self.engine = engine
        self.rw = rw
        self.blockBytes = blockBytes
        self.witness = witness
        self.verdict = verdict
        self.reasons = reasons
        self.statuses = statuses
        transfers = steady.transfers
        figures = KernelFigures(steady, witness)
        rows = figures.worstRisk != nil ? steady.kernel : []
        (kmalloc, kmemCacheAlloc, pageAlloc) = (figures.kmalloc, figures.kmemCacheAlloc, figures.pageAlloc)
        worstRisk = figures.worstRisk
        worstHasReserve = figures.worstHasReserve
    }

    var wasObserved: Bool { worstRisk != nil }

    private enum CodingKeys: String, CodingKey {
        case name, engine, rw, blockBytes, transfers, witness, kmalloc, kmemCacheAlloc, pageAlloc, worstRisk,
            worstHasReserve, rows, verdict, reasons
    }
}
