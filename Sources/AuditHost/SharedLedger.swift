import AuditCore
import Glibc
import LedgerABI

extension Session {
    /// Reads the ledger once the subject has ended. Frames are not named yet: see `Symbolizer`.
    ///
    /// - Parameter pid: the subject's first process.
    func ledger(of pid: Int32) throws(AuditError) -> Ledger {
        let page = try Mapping(fd: fd, offset: 0, length: Int(DIOAUDIT_PAGE))
        let session = page.start.assumingMemoryBound(to: dioaudit_session.self).pointee
        let arenas = min(session.arenas_claimed, UInt32(DIOAUDIT_ARENAS))

        var ledger = Ledger()
        ledger.imagesBeyondTable = session.arenas_claimed - arenas
        // An image that found no arena counts itself as refused as well.
        ledger.imagesRefused = session.images_refused - min(session.images_refused, ledger.imagesBeyondTable)
        var unusable: UInt32 = 0
        var images = Images(of: pid)
        for index in 0..<arenas {
            let mapping = try Mapping(fd: fd, offset: dioaudit_arena_offset(index), length: arenaBytes)
            let header = ArenaHeader(at: mapping.start)
            guard header.isValid else {
                unusable += 1
                continue
            }
            ledger.lostProcesses += header.lostProcesses
            let arena = Arena(mapping.start)
            images.announced += arena.announcedImages(header.imagesStarted)
            if let process = arena.firstProcess { images.arrived.append((process.pid, process.parent_pid)) }
            ledger.processes += arena.processes()
        }
        ledger.imagesRefused = max(ledger.imagesRefused, unusable)
        ledger.imagesUnseen = images.unseen
        return ledger
    }
}

/// One arena: a program image and the children that it forked.
private struct Arena {
    private let pointer: OpaquePointer

    init(_ start: UnsafeRawPointer) {
        pointer = OpaquePointer(start)
    }

    /// Those beyond the table are said to be process 0's, which nobody's parent is: they count as missing.
    func announcedImages(_ started: UInt64) -> [dioaudit_image] {
        (0..<min(started, 1 << 16)).map { index in
            index < DIOAUDIT_IMAGES
                ? dioaudit_image_at(pointer, UInt32(index)).pointee : dioaudit_image(pid: 0, parent_pid: 0)
        }
    }

    /// The one that attached; the others were forked by it.
    var firstProcess: dioaudit_process? {
        let process = dioaudit_process_at(pointer, 0).pointee
        return process.state >= DIOAUDIT_PROCESS_ACTIVE.rawValue ? process : nil
    }

    func processes() -> [ProcessLedger] {
        let modules = (0..<UInt32(DIOAUDIT_MODULES)).map { dioaudit_module_at(pointer, $0)! }
        let threads = (0..<UInt32(DIOAUDIT_THREADS)).map { dioaudit_thread_at(pointer, $0)! }
            .filter { $0.pointee.state != DIOAUDIT_THREAD_FREE.rawValue }
        let sites = (0..<UInt32(DIOAUDIT_SITES)).map { dioaudit_site_at(pointer, $0)! }
            .filter { $0.pointee.ready != 0 }
        return (0..<UInt32(DIOAUDIT_PROCESSES)).compactMap { index in
            let record = dioaudit_process_at(pointer, index)!
            guard record.pointee.state != DIOAUDIT_PROCESS_FREE.rawValue else { return nil }
            return ProcessLedger(
                record,
                threads: threads.filter { $0.pointee.owner == index },
                sites: sites.filter { $0.pointee.owner == index },
                modules: modules)
        }
    }
}

// MARK: processes

extension ProcessLedger {
    fileprivate init(
        _ record: UnsafePointer<dioaudit_process>, threads: [UnsafePointer<dioaudit_thread>],
        sites: [UnsafePointer<dioaudit_site>], modules: [UnsafePointer<dioaudit_module>]
    ) {
        let process = record.pointee
        self.init(pid: process.pid, parentPid: process.parent_pid, executable: text(process.executable))
        attached = process.state >= DIOAUDIT_PROCESS_ACTIVE.rawValue
        saidGoodbye = process.state == DIOAUDIT_PROCESS_EXITED.rawValue
        lastPhase = Phase(process.phase)
        steadyReached = process.steady_reached != 0
        phasesByMarker = process.phase_by_marker != 0
        unknownMarkers = process.markers_unknown
        directCalls = process.direct_calls
        threadsCreated = process.threads_created
        lock = ProcessLock(process)
        lost.sites = process.lost_sites
        lost.files = process.lost_files
        lost.threadCalls = process.shared_thread_calls

        let interludes = Interludes(last: process.interlude, phase: process.phase)
        self.threads = ThreadLedger.merged(threads.map { ThreadLedger($0, interludes) })
        self.sites = sites.compactMap { Site($0, interludes, modules) }
        phases = self.threads.reduce(into: PhaseLedgers()) { $0 += $1.phases }
        addEdges(of: record)
        if !saidGoodbye { phases[lastPhase].faultsKnown = false }
    }

    /// What is measured at the edges between a process's phases.
    private mutating func addEdges(of record: UnsafePointer<dioaudit_process>) {
        for index in DIOAUDIT_PHASE_SETUP.rawValue..<DIOAUDIT_PHASE_COUNT.rawValue {
            // The row of CLOSED is filled only when it turns out to be the end; an interlude's goes elsewhere.
            let phase = Phase(index)
            phases[phase].faultsKnown = true
            let faults = dioaudit_process_phase_faults(record, index)
            phases[phase].events[.pageFaultMinor].calls += faults.minor
            phases[phase].events[.pageFaultMajor].calls += faults.major
            phases[phase].durationNanoseconds += dioaudit_process_phase_nanoseconds(record, index)
        }
    }
}

extension ProcessLock {
    fileprivate init(_ process: dioaudit_process) {
        self.init()
        calls = process.lock_calls
        flags = LockFlags(rawValue: process.lock_flags)
        flagsAtSteady = LockFlags(rawValue: process.lock_flags_at_steady)
        lostInSteady = process.lock_lost_in_steady != 0
        errno = process.lock_errno
        bytesNeeded = process.lock_bytes_needed
        lockedBytes = process.locked_bytes
        unlockedMappings = process.unlocked_mappings
        ioFlusher = process.io_flusher != 0
        observed = process.proc_readable != 0
    }
}

// MARK: phases

extension Phase {
    /// The report's name for an `enum dioaudit_phase` of a process that has ended.
    fileprivate init(_ phase: UInt32) {
        switch phase {
        case DIOAUDIT_PHASE_WARMUP.rawValue: self = .warmup
        case DIOAUDIT_PHASE_STEADY.rawValue: self = .steady
        case DIOAUDIT_PHASE_EXIT.rawValue, DIOAUDIT_PHASE_CLOSED.rawValue: self = .teardown
        default: self = .setup
        }
    }
}

/// Whether a stretch without an open O_DIRECT file was the end (teardown) or an interlude, part of what it interrupted.
private struct Interludes {
    let last: UInt32
    let endsClosed: Bool

    init(last: UInt32, phase: UInt32) {
        self.last = last
        endsClosed = phase == DIOAUDIT_PHASE_CLOSED.rawValue || phase == DIOAUDIT_PHASE_EXIT.rawValue
    }

    func isTheEnd(_ interlude: UInt32) -> Bool {
        endsClosed && interlude == last
    }
}

// MARK: threads

extension ThreadLedger {
    fileprivate init(_ rows: UnsafePointer<dioaudit_thread>, _ interludes: Interludes) {
        let thread = rows.pointee
        self.init(tid: thread.tid, name: text(thread.name), doesTransfers: thread.does_transfers != 0)
        for index in DIOAUDIT_PHASE_SETUP.rawValue..<DIOAUDIT_PHASE_COUNT.rawValue {
            let interrupted = index == DIOAUDIT_PHASE_CLOSED.rawValue && !interludes.isTheEnd(thread.interlude)
            add(rows, index, to: Phase(interrupted ? thread.interlude_from : index))
        }
        for event in 0..<UInt32(DIOAUDIT_EVENT_COUNT.rawValue) {
            guard let kind = EventKind(event: event) else { continue }
            let mark = dioaudit_thread_last_transfer(rows, event)
            if mark > 0 { lastTransfer[kind] = mark - 1 }
        }
    }

    private mutating func add(_ rows: UnsafePointer<dioaudit_thread>, _ index: UInt32, to phase: Phase) {
        for event in 0..<UInt32(DIOAUDIT_EVENT_COUNT.rawValue) {
            guard let kind = EventKind(event: event) else { continue }
            let cell = dioaudit_thread_cell(rows, index, event)
            phases[phase].events[kind] += EventCount(calls: cell.calls, bytes: cell.bytes)
        }
        for direction in [DIOAUDIT_TRANSFER_READ, DIOAUDIT_TRANSFER_WRITE] {
            let cell = dioaudit_thread_cell(rows, index, direction.rawValue)
            phases[phase].transfers += cell.calls
            phases[phase].transferredBytes += cell.bytes
        }
        phases[phase].syncs += dioaudit_thread_cell(rows, index, DIOAUDIT_SYNC.rawValue).calls
    }

    /// A thread has several rows if a signal handler claimed some while it was claiming its own.
    fileprivate static func merged(_ threads: [ThreadLedger]) -> [ThreadLedger] {
        var merged: [ThreadLedger] = []
        for thread in threads {
            guard thread.tid != 0, let index = merged.firstIndex(where: { $0.tid == thread.tid }) else {
                merged.append(thread)
                continue
            }
            merged[index].phases += thread.phases
            merged[index].doesTransfers = merged[index].doesTransfers || thread.doesTransfers
            merged[index].lastTransfer.merge(thread.lastTransfer, uniquingKeysWith: max)
        }
        return merged
    }
}

// MARK: sites

extension Site {
    fileprivate init?(
        _ record: UnsafePointer<dioaudit_site>, _ interludes: Interludes, _ modules: [UnsafePointer<dioaudit_module>]
    ) {
        let site = record.pointee
        guard let kind = EventKind(event: UInt32(site.event)) else { return nil }
        let closed = UInt32(site.phase) == DIOAUDIT_PHASE_CLOSED.rawValue
        self.init(
            kind: kind,
            phase: closed && interludes.isTheEnd(site.interlude) ? .teardown : .steady,
            inInterlude: closed,
            count: EventCount(calls: site.calls, bytes: site.bytes),
            firstTransfer: site.first_transfer,
            tid: site.tid,
            thread: text(site.thread),
            stack: (0..<UInt32(site.depth)).map { index in
                let module = Int(dioaudit_site_module(record, index))
                return Frame(dioaudit_site_address(record, index), in: module < modules.count ? modules[module] : nil)
            },
            truncated: site.truncated != 0)
    }
}

extension Frame {
    fileprivate init(_ address: UInt64, in module: UnsafePointer<dioaudit_module>?) {
        guard let module else {
            self.init(offset: address)
            return
        }
        self.init(module: text(module.pointee.path), offset: address &- module.pointee.bias)
    }
}
