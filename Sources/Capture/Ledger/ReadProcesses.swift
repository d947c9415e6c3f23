import AuditCore
import LedgerABI
import LinuxSystem

extension ProcessLedger {
    init(
        _ record: UnsafePointer<dioaudit_process>, of executable: String, threads: [UnsafePointer<dioaudit_thread>],
        sites: [UnsafePointer<dioaudit_site>], modules: [UnsafePointer<dioaudit_module>]
    ) {
        let process = record.pointee
        self.init(pid: process.pid, parentPid: process.parent_pid, executable: executable)
        attached = process.state >= DIOAUDIT_PROCESS_ACTIVE.rawValue
        saidGoodbye = process.state == DIOAUDIT_PROCESS_EXITED.rawValue
        lastPhase = Phase(LedgerPhase(process.phase))
        steadyReached = process.steady_reached != 0
        phasesByMarker = process.phase_by_marker != 0
        unknownMarkers = process.markers_unknown
        unknownMarker = text(process.unknown_marker)
        directCalls = process.direct_calls
        directFiles = process.direct_files
        directStreams = process.direct_streams
        unmeasuredChildren = process.unmeasured_children
        identityRefused = process.identity_refused != 0
        numbersUnknown = process.numbers_unknown != 0
        faultsRefused = process.faults_refused != 0
        jumpsInExit = process.jumps_in_exit
        memorySharers = process.memory_sharers
        vforks = process.vforks
        memoryFiles = process.memory_files
        unknownFileSystems = process.unknown_file_systems
        directMappings = process.direct_mappings
        directRemappings = process.direct_remappings
        accounting = IOAccounting(record)
        if process.timed_from > 0 { timed = process.timed_from..<(process.timed_to > 0 ? process.timed_to : .max) }
        squeeze = ProcessSqueeze(process)
        deniedCalls = process.denied_calls
        aborted = process.aborted != 0
        unbalancedRegions = process.regions_unbalanced
        threadPhasesOpen = process.thread_phases_open
        lost.modules = process.lost_modules
        lost.regions = process.lost_regions
        lost.threadFaults = process.lost_thread_faults
        threadsCreated = process.threads_created
        lock = ProcessLock(process)
        growth = MemoryGrowth(process)
        self.modules = modules.filter { $0.pointee.state == 2 }.map { LoadedFile($0.pointee) }
        lost.sites = process.lost_sites
        lost.files = process.lost_files
        lost.threadCalls = process.shared_thread_calls

        let interludes = Interludes(last: process.interlude, phase: LedgerPhase(process.phase))
        lastInterlude = interludes.last
        endsClosed = interludes.endsClosed
        self.threads = ThreadLedger.merged(threads.map { ThreadLedger($0, interludes) })
        self.sites = sites.compactMap { Site($0, interludes, modules) }
        phases = self.threads.reduce(into: PhaseLedgers()) { $0 += $1.phases }
        allowed = self.threads.reduce(into: EventCounts()) { $0 += $1.allowed }
        addEdges(of: record)
        if !saidGoodbye { phases[lastPhase].faultsKnown = false }
        if faultsRefused { for phase in Phase.allCases { phases[phase].faultsKnown = false } }
        if threadPhasesOpen > 0 { phases[.steady].faultsKnown = false }
    }

    /// What is measured at the edges between a process's phases.
    private mutating func addEdges(of record: UnsafePointer<dioaudit_process>) {
        for (index, row) in LedgerPhase.rows {
            // The row of CLOSED is filled only when it turns out to be the end; an interlude's goes elsewhere.
            let phase = Phase(row)
            phases[phase].faultsKnown = true
            let faults = dioaudit_process_phase_faults(record, index)
            phases[phase].events[.pageFaultMinor].calls += faults.minor
            phases[phase].events[.pageFaultMajor].calls += faults.major
            if row.isAllowed {
                self.allowed[.pageFaultMinor].calls += faults.minor
                self.allowed[.pageFaultMajor].calls += faults.major
            }
            phases[phase].durationNanoseconds += dioaudit_process_phase_nanoseconds(record, index)
        }
    }
}

extension Bypasses {
    init(_ process: dioaudit_process, in header: dioaudit_arena_header) {
        self.init()
        deepBindings = process.deep_bindings
        namespaces = process.other_namespaces
        lookedUp = process.looked_up > 0 ? text(header.looked_up_name) : nil
        isReplaced = process.replaced != 0
        taken = process.taken > 0 ? text(header.taken_name) : nil
    }
}

extension ProcessSqueeze {
    init(_ process: dioaudit_process) {
        switch dioaudit_squeeze(process.squeeze) {
        case DIOAUDIT_SQUEEZE_IN_EFFECT, DIOAUDIT_SQUEEZE_ENDING, DIOAUDIT_SQUEEZE_ENDED: self = .always
        case DIOAUDIT_SQUEEZE_MISSED: self = .missed
        default: self = .never
        }
    }
}

extension LoadedFile {
    init(_ module: dioaudit_module) {
        let file = module.file
        self.init(
            path: text(module.path),
            identity: file.inode == 0
                ? nil
                : Identity(device: file.device, inode: file.inode, changedNanoseconds: file.changed_nanoseconds))
    }
}

extension MemoryGrowth {
    init(_ process: dioaudit_process) {
        self.init()
        let state = dioaudit_memory(process.memory)
        isKnown = process.memory_unread == 0 && state != DIOAUDIT_MEMORY_BEGUN
        pages = process.grown.pages + process.growing.pages
        mappedBytes = process.grown.bytes + process.growing.bytes
        heapBytes = process.grown.heap + process.growing.heap
        unlockedBytes = process.grown.unlocked + process.growing.unlocked
        books = Books(dioaudit_heap(process.heap_books))
    }
}

extension MemoryGrowth.Books {
    init(_ books: dioaudit_heap) {
        switch books {
        case DIOAUDIT_HEAP_READ: self = .read
        case DIOAUDIT_HEAP_OF_OTHERS: self = .ofAnotherAllocator
        case DIOAUDIT_HEAP_OF_FORK: self = .ofForkedChild
        case DIOAUDIT_HEAP_IN_HANDLER: self = .inSignalHandler
        default: self = .unread
        }
    }
}

extension IOAccounting {
    init(_ record: UnsafePointer<dioaudit_process>) {
        self.init()
        var process = record.pointee
        wasRefused = process.accounting_refused != 0
        rings =
            if process.proc_readable == 0 || dioaudit_process_has_unknown_rings(record) != 0 {
                .unknown
            } else {
                dioaudit_process_ring_mappings(record) == 0 ? .none : .known
            }
        isCutShort =
            process.phase == DIOAUDIT_PHASE_STEADY.rawValue && process.state != DIOAUDIT_PROCESS_EXITED.rawValue
            && process.may_have_left == 0
        read = Direction(&process, 0)
        written = Direction(&process, 1)
        readUnseen = Unseen(&process.unseen, 0)
        writtenUnseen = Unseen(&process.unseen, 1)
        isUnseenUnknown = process.unseen.unknown != 0 || process.unseen.goes_on != 0
    }
}

extension IOAccounting.Unseen {
    fileprivate init(_ unseen: inout dioaudit_unseen, _ direction: UInt32) {
        self.init(
            accounted: dioaudit_bytes_of(&unseen.accounted, direction),
            uncalled: dioaudit_bytes_of(&unseen.uncalled, direction))
    }
}

extension IOAccounting.Direction {
    fileprivate init(_ process: inout dioaudit_process, _ direction: UInt32) {
        self.init()
        warmup = IOAccounting.Balance(&process.warmup_io, direction)
        steady = IOAccounting.Balance(&process.steady_io, direction)
        deferred = dioaudit_bytes_of(&process.deferred, direction)
        uncalled = process.calls_known == 0 ? nil : dioaudit_bytes_of(&process.uncalled, direction)
    }
}

extension IOAccounting.Balance {
    fileprivate init(_ balance: inout dioaudit_balance, _ direction: UInt32) {
        self.init(
            accounted: dioaudit_bytes_of(&balance.accounted, direction),
            explained: dioaudit_bytes_of(&balance.explained, direction))
    }
}

extension ProcessLock {
    init(_ process: dioaudit_process) {
        self.init()
        calls = process.lock_calls
        flags = LockFlags(rawValue: process.lock_flags)
        flagsAtSteady = LockFlags(rawValue: process.lock_flags_at_steady)
        lostInSteady = process.lock_lost_in_steady != 0
        errno = process.lock_errno
        bytesNeeded = process.lock_bytes_needed
        ownBytes = process.lock_bytes_own
        limit = process.lock_limit == 0 ? nil : process.lock_limit == .max ? .max : process.lock_limit - 1
        lockedBytes = process.locked_bytes
        unlockedMappings = process.unlocked_mappings
        ioFlusher = process.io_flusher != 0
        observed = process.proc_readable != 0
        newMappings =
            switch process.new_mappings {
            case DIOAUDIT_NEW_MAPPINGS_LOCKED.rawValue: .locked
            case DIOAUDIT_NEW_MAPPINGS_UNLOCKED.rawValue: .unlocked
            default: .unknown
            }
    }
}
