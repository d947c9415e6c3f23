/// A process's record in the shared ledger, by its arena and its index there.
package struct Owner: Hashable, Sendable {
    package let arena: UInt32
    package let process: UInt32

    package init(arena: UInt32, process: UInt32) {
        self.arena = arena
        self.process = process
    }
}

/// A process that has a record in the ledger: a program image that attached, or a child that it forked.
package struct ReportedProcess {
    package let owner: Owner
    package let pid: Int32
    package let parent: Int32
    /// When its record was claimed.
    package let started: UInt64
    /// When the ledger's room for edges of allowed regions was used up; 0: it never was.
    package let edgesLostAt: UInt64

    package init(owner: Owner, pid: Int32, parent: Int32, started: UInt64, edgesLostAt: UInt64 = 0) {
        self.owner = owner
        self.pid = pid
        self.parent = parent
        self.started = started
        self.edgesLostAt = edgesLostAt
    }

    /// The first record of an arena is that of the process that attached; it forked the others.
    fileprivate var isImage: Bool { owner.process == 0 }
}

/// An edge between two phases of a process or of one of its threads, as the interposer notes it.
package struct PhaseEdge {
    package enum Change {
        case phase(LedgerPhase, interlude: UInt32 = 0)
        /// An allowed region begins or ends; the phase does not change.
        case allowedRegion(begins: Bool)
        /// System calls of the interposer's own begin or end.
        case ownWork(begins: Bool)
    }

    package let nanoseconds: UInt64
    /// 0: the process's.
    package let tid: Int32
    package let change: Change

    package init(at nanoseconds: UInt64, tid: Int32 = 0, _ change: Change) {
        self.nanoseconds = nanoseconds
        self.tid = tid
        self.change = change
    }
}

/// Finds the process and the phase of an event by its time, from the phase edges in the ledger.
package struct PhaseBook {
    /// A phase. Whether an interlude was the end (teardown) is known only later.
    package struct Place: Hashable {
        package var phase: LedgerPhase
        package var interlude: UInt32 = 0
        /// The phase that the interlude interrupted.
        package var interrupted = LedgerPhase.none
    }

    /// The phases at a time. By which of the two a process is judged is known only at its end.
    package struct Moment: Hashable {
        /// As the interposer saw it.
        package var place: Place
        /// By the transfers that the kernel saw of a process that reported; null if it saw none.
        package var byKernel: Place?
        /// The ledger had no room for edges of allowed regions before this time.
        package var isUncertain = false
        /// What the thread does now is the interposer's.
        package var isOwnWork = false

        package init(
            phase: LedgerPhase, interlude: UInt32 = 0, interrupted: LedgerPhase = .none, isUncertain: Bool = false
        ) {
            place = Place(phase: phase, interlude: interlude, interrupted: interrupted)
            self.isUncertain = isUncertain
        }

        package var phase: LedgerPhase { place.phase }

        /// By either.
        package var isStrict: Bool { place.phase.isStrict || byKernel?.phase.isStrict ?? false }
    }

    /// The time in which a thread stays in a phase, so that not every record is looked up.
    package struct PhaseInterval {
        /// Nil for a process that never reported, or whose current program did not.
        package let found: (Owner, Moment)?
        package var pid: Int32
        package var times: Range<UInt64>

        func holds(_ pid: Int32, at nanoseconds: UInt64) -> Bool { pid == self.pid && times.contains(nanoseconds) }
    }

    /// One use of a pid, by a program image or a forked child: an exec, or reuse of the pid, begins another.
    fileprivate struct ProcessIncarnation {
        let owner: Owner
        /// When exec began the image, for the process that attached; 0 for children that it forked.
        let begins: UInt64
        let edgesLostAt: UInt64
        /// Who started the process that became the image; nil where the exec is not known.
        let parent: Int32?

        init(_ process: ReportedProcess, exec: UInt64?) {
            owner = process.owner
            begins = process.isImage ? exec ?? process.started : 0
            edgesLostAt = process.edgesLostAt
            parent = process.isImage && exec != nil ? process.parent : nil
        }
    }

    /// In the order in which they begin.
    private var incarnations: [Int32: [ProcessIncarnation]] = [:]
    private var execs: [Int32: [UInt64]] = [:]
    private var edges: [Owner: [PhaseEdge]] = [:]
    /// Of the same processes, by the transfers that the kernel saw.
    private var kernelEdges: [Owner: [PhaseEdge]] = [:]

    /// - Parameter execs: when processes called exec, in the order of time: before that, a pid's events belong to another record.
    package init(_ execs: [ExecRecord]) {
        for exec in execs { self.execs[exec.pid, default: []].append(exec.nanoseconds) }
    }

    package mutating func add(_ process: ReportedProcess, _ edges: [PhaseEdge]) {
        let exec = execs[process.pid]?.last { $0 <= process.started }
        let incarnation = ProcessIncarnation(process, exec: exec)
        incarnations[process.pid, default: []].insert(inOrder: incarnation)
        self.edges[process.owner] = edges.sorted { $0.nanoseconds < $1.nanoseconds }
    }

    /// Adds the edges of a process that reported by the transfers that the kernel saw, in the order of time.
    package mutating func add(byKernel edges: [PhaseEdge], of owner: Owner) { kernelEdges[owner] = edges }

    /// The process itself, or its nearest ancestor that reported: what a child that never reported does until it calls exec counts
    /// there, since a child of vfork or clone may share the memory.
    func nearestReported(_ pid: Int32, at nanoseconds: UInt64, _ ancestry: Ancestry) -> Int32 {
        var (pid, nanoseconds) = (pid, nanoseconds)
        // A pid may be reused among its own descendants: the chain is cut at a length that no process tree reaches.
        for _ in 0..<64 where !knows(pid) {
            (pid, nanoseconds) = ancestry.fork(of: pid, at: nanoseconds) ?? (pid, nanoseconds)
        }
        return pid
    }

    /// The process has reported.
    package func knows(_ pid: Int32) -> Bool { incarnations[pid] != nil }

    /// The pid whose memory the process had. Before its first exec a process that has not reported is a child by vfork or clone,
    /// which shares its parent's memory.
    private func responsible(for pid: Int32, at nanoseconds: UInt64) -> Int32 {
        guard let first = incarnations[pid]?.first, nanoseconds < first.begins, let parent = first.parent, knows(parent)
        else { return pid }
        return parent
    }

    /// Nil for a process that never reported, or whose current program did not.
    package func find(_ pid: Int32, tid: Int32, at nanoseconds: UInt64) -> (Owner, Moment)? {
        let pid = responsible(for: pid, at: nanoseconds)
        guard let incarnation = incarnation(of: pid, at: nanoseconds) else { return nil }
        let becameAnother = execs[pid]?.contains { $0 > incarnation.begins && $0 <= nanoseconds } ?? false
        if becameAnother { return nil }
        return (incarnation.owner, moment(incarnation, tid, nanoseconds))
    }

    /// The latest that has begun; before the first, that.
    private func incarnation(of pid: Int32, at nanoseconds: UInt64) -> ProcessIncarnation? {
        guard let candidates = incarnations[pid] else { return nil }
        return candidates.last { $0.begins <= nanoseconds } ?? candidates.first
    }

    package func interval(of pid: Int32, tid: Int32, at nanoseconds: UInt64) -> PhaseInterval {
        let found = find(pid, tid: tid, at: nanoseconds)
        var end = UInt64.max
        func note(_ time: UInt64) { if time > nanoseconds { end = min(end, time) } }
        for pid in Set([pid, responsible(for: pid, at: nanoseconds)]) {
            execs[pid]?.forEach(note)
            for later in (incarnations[pid] ?? []).reversed().prefix(while: { $0.begins > nanoseconds }) {
                note(later.begins)
            }
            guard let incarnation = incarnation(of: pid, at: nanoseconds) else { continue }
            note(incarnation.edgesLostAt)
            for edge in edges[incarnation.owner] ?? [] { note(edge.nanoseconds) }
            for edge in kernelEdges[incarnation.owner] ?? [] { note(edge.nanoseconds) }
        }
        return PhaseInterval(found: found, pid: pid, times: nanoseconds..<end)
    }

    /// When exit began, as the interposer saw it.
    func exit(of owner: Owner) -> UInt64? { edges[owner]?.first { $0.isExit }?.nanoseconds }

    /// From the first moment to the last that the process or one of its threads was in a phase, as the interposer saw it.
    func times(of owner: Owner, in phase: Phase, _ name: (Moment) -> Phase) -> Range<UInt64> {
        let all = edges[owner] ?? []
        var times: Range<UInt64>?
        func note(_ place: Place, _ stay: Range<UInt64>) {
            var moment = Moment(phase: place.phase)
            moment.place = place
            guard name(moment) == phase else { return }
            times =
                min(
                    times?.lowerBound ?? stay.lowerBound, stay.lowerBound)..<max(
                    times?.upperBound ?? 0, stay.upperBound)
        }
        // A thread is in its process's phase, too; no thread has the number -1.
        for tid in Set(all.map(\.tid)).subtracting([0]).union([-1]) {
            let changes = [0] + all.filter { $0.tid == tid || $0.tid == 0 }.map(\.nanoseconds)
            for (begin, end) in zip(changes, changes.dropFirst() + [.max]) where begin < end {
                note(Place(in: all, tid, at: begin), begin..<end)
            }
        }
        // A thread's first transfer on a new file is warm-up too, and has no edges where the table of edges is full.
        if phase == .warmup { times = times.map { $0.lowerBound..<UInt64.max } }
        return times ?? 0..<0
    }

    private func moment(_ incarnation: ProcessIncarnation, _ tid: Int32, _ nanoseconds: UInt64) -> Moment {
        let edges = edges[incarnation.owner] ?? []
        var moment = Moment(phase: .setup)
        moment.place = Place(in: edges, tid, at: nanoseconds)
        moment.byKernel = kernelEdges[incarnation.owner].map { ofKernel in
            // The kernel's transfers show neither.
            let others = edges.filter { $0.isExit || $0.isOfRegion && $0.tid == tid }
            let all = others.isEmpty ? ofKernel : (ofKernel + others).sorted { $0.nanoseconds < $1.nanoseconds }
            return Place(in: all, tid, at: nanoseconds)
        }
        moment.isOwnWork =
            edges.last { $0.tid == tid && $0.nanoseconds <= nanoseconds && $0.isOfOwnWork != nil }?.isOfOwnWork ?? false
        moment.isUncertain = incarnation.edgesLostAt != 0 && nanoseconds >= incarnation.edgesLostAt
        return moment
    }
}

extension PhaseBook.Place {
    /// - Parameter edges: in the order of time.
    fileprivate init(in edges: [PhaseEdge], _ tid: Int32, at nanoseconds: UInt64) {
        phase = .setup
        var own = LedgerPhase.none
        var allowed = false
        for edge in edges {
            if edge.nanoseconds > nanoseconds { break }
            switch edge.change {
            case .allowedRegion(let begins): if edge.tid == tid { allowed = begins }
            case .ownWork: break
            case .phase(let phase, _) where edge.tid == tid: own = phase
            case .phase(let phase, let interlude):
                guard edge.tid == 0, phase != .none else { continue }
                self = PhaseBook.Place(phase: phase, interlude: interlude, interrupted: self.phase)
            }
        }
        if own != .none { phase = own }
        if allowed { phase = phase.inAllowedRegion }
        if !phase.isClosed {
            interlude = 0
            interrupted = .none
        }
    }
}

extension PhaseEdge {
    fileprivate var isExit: Bool {
        if case .phase(.exit, _) = change { return true }
        return false
    }

    /// Whether the interposer's own work begins here or ends; nil for another edge.
    fileprivate var isOfOwnWork: Bool? {
        if case .ownWork(let begins) = change { return begins }
        return nil
    }

    fileprivate var isOfRegion: Bool {
        if case .allowedRegion = change { return true }
        return false
    }
}

extension [PhaseBook.ProcessIncarnation] {
    /// TRAP: a hostile program may give all its 131,072 records one number. To sort them at each would take minutes. All that were forked
    /// begin at 0, so no more than the 1,024 others are moved here. Test: scribbler.c, crowd
    fileprivate mutating func insert(inOrder incarnation: Element) {
        var (low, high) = (startIndex, endIndex)
        while low < high {
            let middle = (low + high) / 2
            if self[middle].begins <= incarnation.begins { low = middle + 1 } else { high = middle }
        }
        insert(incarnation, at: low)
    }
}
