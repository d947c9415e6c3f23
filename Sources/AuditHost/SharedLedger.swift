import AuditCore
import Glibc
import LedgerABI

extension Session {
    /// Reads the ledger once the subject has ended. Frames are not named yet: see `Symbolizer`.
    ///
    /// - Parameter pid: the subject's first process.
    func ledger(of pid: Int32, _ syscalls: SyscallsView) throws(AuditError) -> Ledger {
        var ledger = Ledger()
        var owners: [Owner] = []
        var unusable: UInt32 = 0
        var images = Images(of: pid)
        let session = try forEachArena { index, header, pointer in
            guard header.isValid else {
                unusable += 1
                return
            }
            ledger.lostProcesses += header.lostProcesses
            let arena = Arena(pointer)
            images.announced += arena.announcedImages(header.imagesStarted)
            if let process = arena.firstProcess {
                images.arrived.append((process.pid, process.parent_pid))
                images.attached.append((process.pid, process.started_nanoseconds))
            }
            let processes = arena.processes()
            owners += processes.map { Owner(arena: index, process: $0.index) }
            ledger.processes += processes.map(\.ledger)
        }
        ledger.imagesBeyondTable = session.arenas_claimed - min(session.arenas_claimed, UInt32(DIOAUDIT_ARENAS))
        // An image that found no arena counts itself as refused as well.
        ledger.imagesRefused = session.images_refused - min(session.images_refused, ledger.imagesBeyondTable)
        ledger.imagesRefused = max(ledger.imagesRefused, unusable)
        ledger.unseenPrograms = images.unseen(among: syscalls.execs)
        let named = UInt32(clamping: ledger.unseenPrograms.count)
        ledger.imagesUnseen = images.unseen - min(images.unseen, named)
        ledger.add(syscalls.book, of: owners)
        return ledger
    }

    /// What has been noted of phases up to now.
    func phaseBook(_ execs: [ExecRecord]) throws(AuditError) -> PhaseBook {
        var book = PhaseBook(execs)
        _ = try forEachArena { index, header, pointer in
            if header.isValid { book.add(index, OpaquePointer(pointer), edgesUsed: header.edgesUsed, execs) }
        }
        return book
    }

    private func forEachArena(
        _ body: (UInt32, ArenaHeader, UnsafeRawPointer) -> Void
    ) throws(AuditError) -> dioaudit_session {
        let page = try Mapping(fd: fd, offset: 0, length: Int(DIOAUDIT_PAGE))
        let session = page.start.assumingMemoryBound(to: dioaudit_session.self).pointee
        for index in 0..<min(session.arenas_claimed, UInt32(DIOAUDIT_ARENAS)) {
            let mapping = try Mapping(fd: fd, offset: dioaudit_arena_offset(index), length: arenaBytes)
            body(index, ArenaHeader(at: mapping.start), mapping.start)
        }
        return session
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

    func processes() -> [(index: UInt32, ledger: ProcessLedger)] {
        let modules = (0..<UInt32(DIOAUDIT_MODULES)).map { dioaudit_module_at(pointer, $0)! }
        let threads = (0..<UInt32(DIOAUDIT_THREADS)).map { dioaudit_thread_at(pointer, $0)! }
            .filter { $0.pointee.state != DIOAUDIT_THREAD_FREE.rawValue }
        let sites = (0..<UInt32(DIOAUDIT_SITES)).map { dioaudit_site_at(pointer, $0)! }
            .filter { $0.pointee.ready != 0 }
        return (0..<UInt32(DIOAUDIT_PROCESSES)).compactMap { index in
            let record = dioaudit_process_at(pointer, index)!
            guard record.pointee.state != DIOAUDIT_PROCESS_FREE.rawValue else { return nil }
            var ledger = ProcessLedger(
                record,
                threads: threads.filter { $0.pointee.owner == index },
                sites: sites.filter { $0.pointee.owner == index },
                modules: modules)
            ledger.regions = regions(of: index)
            ledger.bypasses = Bypasses(record.pointee, in: pointer)
            return (index, ledger)
        }
    }
}

extension Arena {
    /// Those of one name and kind are added up: a region may stand twice.
    fileprivate func regions(of process: UInt32) -> [RegionLedger] {
        var regions: [RegionLedger] = []
        for index in 0..<UInt32(DIOAUDIT_REGIONS) {
            let record = dioaudit_region_at(pointer, index)!
            guard record.pointee.state == 2, record.pointee.owner == process else { continue }
            let region = RegionLedger(record)
            if let same = regions.firstIndex(where: { $0.isSame(as: region) }) {
                regions[same] += region
            } else {
                regions.append(region)
            }
        }
        return regions
    }
}

extension RegionLedger {
    fileprivate init(_ record: UnsafePointer<dioaudit_region>) {
        self.init(
            name: text(record.pointee.name), allowed: record.pointee.allows != 0, entered: record.pointee.entered,
            left: record.pointee.left)
        for event in 0..<UInt32(DIOAUDIT_EVENT_COUNT.rawValue) {
            guard let kind = EventKind(event: event) else { continue }
            let all = dioaudit_region_cell(record, event, 0)
            let steady = dioaudit_region_cell(record, event, 1)
            events[kind] = EventCount(calls: all.calls, bytes: all.bytes)
            steadyEvents[kind] = EventCount(calls: steady.calls, bytes: steady.bytes)
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
        unknownMarker = text(process.unknown_marker)
        directCalls = process.direct_calls
        directMappings = process.direct_mappings
        directRemappings = process.direct_remappings
        deniedCalls = process.denied_calls
        aborted = process.aborted != 0
        unbalancedRegions = process.regions_unbalanced
        threadPhasesOpen = process.thread_phases_open
        lost.modules = process.lost_modules
        lost.regions = process.lost_regions
        lost.threadFaults = process.lost_thread_faults
        threadsCreated = process.threads_created
        lock = ProcessLock(process)
        self.modules = modules.filter { $0.pointee.state == 2 }.map { text($0.pointee.path) }
        lost.sites = process.lost_sites
        lost.files = process.lost_files
        lost.threadCalls = process.shared_thread_calls

        let interludes = Interludes(last: process.interlude, phase: process.phase)
        lastInterlude = interludes.last
        endsClosed = interludes.endsClosed
        self.threads = ThreadLedger.merged(threads.map { ThreadLedger($0, interludes) })
        self.sites = sites.compactMap { Site($0, interludes, modules) }
        phases = self.threads.reduce(into: PhaseLedgers()) { $0 += $1.phases }
        allowed = self.threads.reduce(into: EventCounts()) { $0 += $1.allowed }
        addEdges(of: record)
        if !saidGoodbye { phases[lastPhase].faultsKnown = false }
        if threadPhasesOpen > 0 { phases[.steady].faultsKnown = false }
    }

    /// What is measured at the edges between a process's phases.
    private mutating func addEdges(of record: UnsafePointer<dioaudit_process>) {
        for index in DIOAUDIT_PHASE_SETUP.rawValue..<DIOAUDIT_PHASE_COUNT.rawValue {
            // The row of CLOSED is filled only when it turns out to be the end; an interlude's goes elsewhere.
            let phase = Phase(index)
            let allowed = Phase.isAllowed(index)
            phases[phase].faultsKnown = true
            let faults = dioaudit_process_phase_faults(record, index)
            phases[phase].events[.pageFaultMinor].calls += faults.minor
            phases[phase].events[.pageFaultMajor].calls += faults.major
            if allowed {
                self.allowed[.pageFaultMinor].calls += faults.minor
                self.allowed[.pageFaultMajor].calls += faults.major
            }
            phases[phase].durationNanoseconds += dioaudit_process_phase_nanoseconds(record, index)
        }
    }
}

extension Bypasses {
    fileprivate init(_ process: dioaudit_process, in arena: OpaquePointer) {
        self.init()
        deepBindings = process.deep_bindings
        namespaces = process.other_namespaces
        lookedUp = process.looked_up > 0 ? String(cString: dioaudit_looked_up_name(arena)) : nil
        taken = process.taken > 0 ? String(cString: dioaudit_taken_name(arena)) : nil
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
    init(_ phase: UInt32) {
        switch phase {
        case DIOAUDIT_PHASE_WARMUP.rawValue: self = .warmup
        case DIOAUDIT_PHASE_STEADY.rawValue, DIOAUDIT_PHASE_ALLOWED.rawValue: self = .steady
        case DIOAUDIT_PHASE_EXIT.rawValue, DIOAUDIT_PHASE_CLOSED.rawValue, DIOAUDIT_PHASE_ALLOWED_CLOSED.rawValue:
            self = .teardown
        default: self = .setup
        }
    }

    static func isAllowed(_ phase: UInt32) -> Bool {
        phase == DIOAUDIT_PHASE_ALLOWED.rawValue || phase == DIOAUDIT_PHASE_ALLOWED_CLOSED.rawValue
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
            let closed = [DIOAUDIT_PHASE_CLOSED.rawValue, DIOAUDIT_PHASE_ALLOWED_CLOSED.rawValue].contains(index)
            let interrupted = closed && !interludes.isTheEnd(thread.interlude)
            add(rows, index, to: Phase(interrupted ? thread.interlude_from : index))
        }
        steadyFaults = Faults(minor: thread.steady_faults.minor, major: thread.steady_faults.major)
        matched = thread.matched != 0
        endedUnmeasured = thread.ended_unmeasured > 0
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
            let count = EventCount(calls: cell.calls, bytes: cell.bytes)
            phases[phase].events[kind] += count
            if Phase.isAllowed(index), phase == .steady { allowed[kind] += count }
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
            merged[index].allowed += thread.allowed
            merged[index].steadyFaults += thread.steadyFaults
            merged[index].matched = merged[index].matched || thread.matched
            merged[index].endedUnmeasured = merged[index].endedUnmeasured || thread.endedUnmeasured
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
        var count = EventCount(calls: site.steady.calls, bytes: site.steady.bytes)
        let interrupted = site.interlude_from == DIOAUDIT_PHASE_STEADY.rawValue && !interludes.isTheEnd(site.interlude)
        if interrupted { count += EventCount(calls: site.closed.calls, bytes: site.closed.bytes) }
        self.init(
            kind: kind,
            count: count,
            firstTransfer: site.first_transfer,
            tid: site.tid,
            thread: text(site.thread),
            stack: (0..<UInt32(site.depth)).map { index in
                let module = Int(dioaudit_site_module(record, index))
                return Frame(dioaudit_site_address(record, index), in: module < modules.count ? modules[module] : nil)
            },
            truncated: site.truncated != 0)
        others = EventCount(calls: site.others.calls, bytes: site.others.bytes)
        firstCall = site.first_began...max(site.first_began, site.first_ended)
        lastEnded = site.last_ended
        firstFaults = Faults(minor: site.first_faults.minor, major: site.first_faults.major)
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
