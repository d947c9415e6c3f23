import AuditCore
import Glibc
import LedgerABI
import LinuxSystem

/// What is out of bounds in an arena, or contradicts itself, in words: a process has written where only the interposer may.
struct Damage: Error, Equatable {
    let what: String

    init(_ what: String) { self.what = what }

    static func unless(_ holds: Bool, _ what: @autoclosure () -> String) throws(Damage) {
        if !holds { throw Damage(what()) }
    }
}

/// A sum that stops at the largest number: a damaged counter may have any value.
struct Tally {
    private(set) var sum: UInt64 = 0

    mutating func add(_ value: UInt64) {
        let (sum, overflow) = self.sum.addingReportingOverflow(value)
        self.sum = overflow ? .max : sum
    }
}

/// Checks all of an arena that the host reads, before it reads it: later code relies on the bounds, and adds counters without
/// a look at their size. The interposer's own order of writing (`ledger_abi.h`) is what the contradictions refer to.
///
/// A record that is not claimed must be empty, which finds most wild writes: claimed ones are a small part of the arena.
struct ArenaCheck {
    let arena: OpaquePointer
    /// Bytes that follow the arena.
    let grown: Int
    let session: dioaudit_session
    /// Distances of the clocks that a process may have, unless it has clocks of its own.
    let clocks: ClosedRange<Int64>
    /// CLOCK_MONOTONIC, after the arena was copied.
    let now: UInt64

    private var processes: [dioaudit_process] = []
    /// All counters of the arena together. A bound that no program reaches keeps the sums of all arenas below 64 bits.
    private var calls = Tally()
    private var bytes = Tally()
    /// Of the threads' rows and of the sites, by `enum dioaudit_event` and what follows it.
    private var counted = [Tally](repeating: Tally(), count: Int(DIOAUDIT_CELL_COUNT.rawValue))
    /// Those of the rows in phases whose events may have a call stack.
    private var judged = [Tally](repeating: Tally(), count: Int(DIOAUDIT_EVENT_COUNT.rawValue))
    private var explained = [Tally](repeating: Tally(), count: Int(DIOAUDIT_EVENT_COUNT.rawValue))

    /// The places of the call stacks, in the order of their chains.
    private(set) var sites: [UInt32] = []

    private static let most: UInt64 = 1 << 52

    init(
        _ arena: OpaquePointer, grown: Int, _ session: dioaudit_session, _ clocks: ClosedRange<Int64>, now: UInt64
    ) {
        self.arena = arena
        self.grown = grown
        self.session = session
        self.clocks = clocks
        self.now = now
    }

    mutating func check() throws(Damage) {
        try checkHeader()
        try checkProcesses()
        try checkEdges()
        try checkModules()
        try checkRegions()
        try checkSites()
        try checkThreads()
        try checkImages()
        try checkTotals()
    }

    // MARK: records

    private func checkHeader() throws(Damage) {
        let header = dioaudit_arena_header_at(arena)
        try Damage.unless(header.isValid, "it has another version")
        try Damage.unless(
            isText(header.looked_up_name) && isText(header.taken_name) && isText(header.executable),
            "a function's or file's name has no end")
        var config = dioaudit_arena_config_at(arena).pointee
        var asked = session.config
        try Damage.unless(
            memcmp(&config, &asked, MemoryLayout<dioaudit_config>.size) == 0, "the configuration has changed")
    }

    private mutating func checkProcesses() throws(Damage) {
        for index in 0..<UInt32(DIOAUDIT_PROCESSES) {
            let record = dioaudit_process_at(arena, index)!
            let process = record.pointee
            if process.state == DIOAUDIT_PROCESS_FREE.rawValue {
                try Damage.unless(isEmpty(record), "process record \(index) is free and not empty")
                continue
            }
            try Damage.unless(processes.count == index, "process record \(index) follows a free one")
            processes.append(process)
            try check(process, at: record, "process record \(index)")
        }
    }

    private mutating func check(
        _ process: dioaudit_process, at record: UnsafePointer<dioaudit_process>, _ name: String
    ) throws(Damage) {
        try Damage.unless(process.state <= DIOAUDIT_PROCESS_EXITED.rawValue, "\(name) is in no state")
        let isAttached = process.state >= DIOAUDIT_PROCESS_ACTIVE.rawValue
        try Damage.unless(
            isPid(process.pid)
                && (process.pid > 0 || !isAttached || process.identity_refused != 0
                    || process.numbers_unknown != 0),
            "\(name) has no pid")
        try Damage.unless(isPid(process.parent_pid), "\(name)'s parent has no pid")
        try Damage.unless(isPhase(process.phase), "\(name) is in no phase")
        try Damage.unless(process.squeeze <= DIOAUDIT_SQUEEZE_ENDED.rawValue, "\(name) is in no state of the squeeze")
        try Damage.unless(
            isText(process.unknown_marker), "\(name) has a name without an end")
        var time = Tally()
        for (phase, _) in LedgerPhase.rows {
            time.add(dioaudit_process_phase_nanoseconds(record, phase))
            let faults = dioaudit_process_phase_faults(record, phase)
            calls.add(faults.minor)
            calls.add(faults.major)
        }
        let age = hasOwnClock(process) ? UInt64.max / 4 : now - min(now, process.started_nanoseconds)
        try Damage.unless(time.sum <= age, "\(name)'s times do not add up")
        for counter in [
            process.transfers, process.lost_sites, process.lost_files, process.shared_thread_calls,
            process.direct_mappings, process.direct_remappings, process.direct_calls, process.direct_files,
            process.direct_streams, process.denied_calls, process.lost_regions, process.lost_thread_faults,
            process.unlocked_mappings,
        ] { calls.add(counter) }
        try Damage.unless(
            process.memory <= DIOAUDIT_MEMORY_OVER.rawValue && process.heap_books <= DIOAUDIT_HEAP_IN_HANDLER.rawValue
                && process.new_mappings <= DIOAUDIT_NEW_MAPPINGS_UNLOCKED.rawValue,
            "\(name)'s memory is in no state")
        try Damage.unless(
            process.timed_to == 0 || process.timed_from <= process.timed_to, "\(name)'s setup was timed at no time")
        for growth in [process.grown, process.growing] {
            bytes.add(growth.pages > Self.most >> 12 ? .max : growth.pages << 12)
            bytes.add(growth.bytes)
            bytes.add(growth.heap)
            bytes.add(growth.unlocked)
        }
        bytes.add(process.locked_bytes)
        bytes.add(process.lock_bytes_needed)
        bytes.add(process.lock_bytes_own)
    }

    private func hasOwnClock(_ process: dioaudit_process) -> Bool {
        !clocks.contains(process.clock_difference_least) || !clocks.contains(process.clock_difference_most)
    }

    private func checkEdges() throws(Damage) {
        let used = min(dioaudit_arena_header_at(arena).edges_used, UInt32(DIOAUDIT_EDGES))
        for index in 0..<UInt32(DIOAUDIT_EDGES) {
            let place = dioaudit_edge_at(arena, index)!
            if index >= used {
                try Damage.unless(isEmpty(place), "phase edge \(index) is free and not empty")
                continue
            }
            let edge = place.pointee
            if edge.ready == 0 { continue }
            let process = try owner(edge.owner, "phase edge \(index)")
            try Damage.unless(
                isPhase(edge.phase) && edge.allows <= DIOAUDIT_OWN_END.rawValue && isThread(edge.tid),
                "phase edge \(index) is none")
            try Damage.unless(
                hasOwnClock(process)
                    || (process.started_nanoseconds...max(process.started_nanoseconds, now))
                        .contains(edge.nanoseconds),
                "phase edge \(index) is not of its process's time")
        }
    }

    private func checkModules() throws(Damage) {
        for index in 0..<UInt32(DIOAUDIT_MODULES) {
            let module = dioaudit_module_at(arena, index)!
            try Damage.unless(
                module.pointee.state != 0 || isEmpty(module), "the record of file \(index) is free and not empty")
            try Damage.unless(
                module.pointee.state <= 2 && isText(module.pointee.path), "the record of file \(index) is none")
        }
    }

    private mutating func checkRegions() throws(Damage) {
        for index in 0..<UInt32(DIOAUDIT_REGIONS) {
            let region = dioaudit_region_at(arena, index)!
            if region.pointee.state == 0 {
                try Damage.unless(isEmpty(region), "region \(index) is free and not empty")
                continue
            }
            try Damage.unless(
                region.pointee.state <= 2 && region.pointee.allows <= 1 && isText(region.pointee.name),
                "region \(index) is none")
            if region.pointee.state == 2 { _ = try owner(region.pointee.owner, "region \(index)") }
            calls.add(region.pointee.entered)
            calls.add(region.pointee.left)
            for event in 0..<UInt32(DIOAUDIT_EVENT_COUNT.rawValue) {
                calls.add(dioaudit_region_cell(region, event, 0).calls)
                calls.add(dioaudit_region_cell(region, event, 1).calls)
            }
        }
    }

    private mutating func checkSites() throws(Damage) {
        let used = dioaudit_arena_header_at(arena).sites_used
        try Damage.unless(
            used <= UInt32(DIOAUDIT_POOL) + UInt32(grown) && used % 8 == 0, "it has no room for its call stacks")
        let pool = UnsafeRawPointer(dioaudit_site_at(arena, 0)!)
        let free = min(Int(used), Int(DIOAUDIT_POOL))
        try Damage.unless(
            isEmpty(pool + free, Int(DIOAUDIT_POOL) - free), "its room for call stacks is free and not empty")
        var seen = Set<UInt32>()
        for chain in 0..<UInt32(DIOAUDIT_CHAINS) {
            var place = dioaudit_chains(arena)![Int(chain)]
            while place != 0 {
                let offset = place - 1
                try checkPlace(offset, used, "call stack \(offset)")
                try Damage.unless(seen.insert(offset).inserted, "call stack \(offset) is in two chains")
                let site = dioaudit_site_at(arena, offset)!
                try Damage.unless(
                    site.pointee.stack_hash % UInt64(DIOAUDIT_CHAINS) == UInt64(chain),
                    "call stack \(offset) is in another's chain")
                sites.append(offset)
                place = site.pointee.next
            }
        }
        try checkOverlaps()
        for index in sites {
            let place = dioaudit_site_at(arena, index)!
            let site = place.pointee
            let calls = [site.steady.calls, site.closed.calls, site.others.calls]
            for count in calls + [site.first_faults.minor, site.first_faults.major] { self.calls.add(count) }
            guard site.ready != 0 else { continue }
            try check(site, at: place, "call stack \(index)")
            for count in calls { explained[Int(site.event)].add(count) }
        }
    }

    /// It is whole, in one piece of the memory.
    private func checkPlace(_ offset: UInt32, _ used: UInt32, _ name: String) throws(Damage) {
        let least = dioaudit_site_bytes(0)
        try Damage.unless(offset % 8 == 0 && UInt64(offset) + UInt64(least) <= used, "\(name) is out of bounds")
        let capacity = dioaudit_site_at(arena, offset)!.pointee.capacity
        try Damage.unless(capacity <= UInt32(DIOAUDIT_FRAMES), "\(name) is too large")
        let end = offset + dioaudit_site_bytes(capacity)
        try Damage.unless(
            end <= used && end <= dioaudit_piece_end(dioaudit_piece_of(offset)), "\(name) is out of bounds")
    }

    private func checkOverlaps() throws(Damage) {
        var end: UInt32 = 0
        for offset in sites.sorted() {
            try Damage.unless(offset >= end, "call stack \(offset) lies in another")
            end = offset + dioaudit_site_bytes(dioaudit_site_at(arena, offset)!.pointee.capacity)
        }
    }

    private func check(_ site: dioaudit_site, at place: UnsafePointer<dioaudit_site>, _ name: String) throws(Damage) {
        try Damage.unless(UInt32(site.event) < DIOAUDIT_EVENT_COUNT.rawValue, "\(name) is of no kind of event")
        try Damage.unless(UInt32(site.depth) <= site.capacity, "\(name) is too deep")
        let process = try owner(site.owner, name)
        try Damage.unless(
            isThread(site.tid) && isText(site.thread) && isPhase(site.interlude_from),
            "\(name) has no thread")
        try Damage.unless(
            max(site.first_transfer, site.last_transfer) <= process.transfers &+ 1,
            "\(name) is of a transfer that was not made")
        try Damage.unless(
            hasOwnClock(process)
                || (max(site.first_began, site.first_ended) <= now
                    && max(site.last_began, site.last_ended) <= now),
            "\(name) is of a time that has not come")
        for frame in 0..<UInt32(site.depth) {
            let module = UInt32(dioaudit_site_module(place, frame))
            try Damage.unless(
                module == DIOAUDIT_NO_MODULE
                    || module < UInt32(DIOAUDIT_MODULES) && dioaudit_module_at(arena, module).pointee.state == 2,
                "\(name) is in a file that there is not")
        }
    }

    private mutating func checkThreads() throws(Damage) {
        let latest = processes.reduce(0) { max($0, $1.transfers) }
        for index in 0..<UInt32(DIOAUDIT_THREADS) {
            let rows = dioaudit_thread_at(arena, index)!
            let (thread, name) = (rows.pointee, "the rows of thread \(index)")
            let rest = UnsafeRawPointer(rows) + MemoryLayout<dioaudit_thread>.size
            try Damage.unless(
                isEmpty(rest, Int(DIOAUDIT_PAGE) - MemoryLayout<dioaudit_thread>.size),
                "\(name) have something behind them")
            if thread.state == DIOAUDIT_THREAD_FREE.rawValue {
                try Damage.unless(isEmpty(rows), "\(name) are free and not empty")
                continue
            }
            try Damage.unless(thread.state <= DIOAUDIT_THREAD_SHARED.rawValue, "\(name) are in no state")
            _ = try owner(thread.owner, name)
            try Damage.unless(
                isThread(thread.tid) && isPid(thread.tid_inside) && isText(thread.name)
                    && isPhase(thread.interlude_from),
                "\(name) are of no thread")
            let quiet = thread.quiet
            try Damage.unless(quiet.from <= quiet.to && quiet.to <= quiet.last, "\(name) were quiet in no time")
            for event in 0..<UInt32(DIOAUDIT_EVENT_COUNT.rawValue) {
                // 1 + the ordinal of a transfer that may have failed.
                let mark = dioaudit_thread_last_transfer(rows, event)
                try Damage.unless(mark <= latest &+ 2, "\(name) name a transfer that was not made")
                calls.add(dioaudit_thread_straddling(rows, event))
            }
            for phase in 0..<DIOAUDIT_PHASE_COUNT.rawValue {
                for cell in 0..<counted.count {
                    let count = dioaudit_thread_cell(rows, phase, UInt32(cell)).calls
                    counted[cell].add(count)
                    calls.add(count)
                    if cell < explained.count && Self.mayHaveSites(phase) { judged[cell].add(count) }
                }
            }
            calls.add(thread.steady_faults.minor)
            calls.add(thread.steady_faults.major)
        }
    }

    private func checkImages() throws(Damage) {
        let started = dioaudit_arena_header_at(arena).images_started
        try Damage.unless(started <= UInt32.max, "more programs were started than there are numbers for")
        for index in 0..<UInt32(DIOAUDIT_IMAGES) {
            let place = dioaudit_image_at(arena, index)!
            let image = place.pointee
            try Damage.unless(
                UInt64(index) < started || isEmpty(place), "the record of program \(index) is free and not empty")
            try Damage.unless(
                (isPid(image.pid) || image.pid == DIOAUDIT_NOT_STARTED) && isPid(image.parent_pid)
                    && image.is_without_library <= 1,
                "the record of program \(index) is none")
        }
    }

    // MARK: totals

    private func checkTotals() throws(Damage) {
        try Damage.unless(
            calls.sum <= Self.most && bytes.sum <= 2 * Self.most,
            "its counters are beyond all that a program can do")
        // Each event is counted in the rows first, and then at its call stack.
        for (event, (site, rows)) in zip(explained, judged).enumerated() {
            try Damage.unless(
                site.sum <= rows.sum,
                "its call stacks have more \(key(event)) events than its threads' rows: \(site.sum), not \(rows.sum)")
        }
        let events = judged.reduce(into: Tally()) { $0.add($1.sum) }.sum
        try Damage.unless(
            UInt64(sites.count) <= events,
            "it has \(sites.count) call stacks of events, and its threads' rows \(events) events")
        let transfers = processes.reduce(into: Tally()) { $0.add($1.transfers) }.sum
        var rows = counted[Int(DIOAUDIT_TRANSFER_READ.rawValue)]
        rows.add(counted[Int(DIOAUDIT_TRANSFER_WRITE.rawValue)].sum)
        try Damage.unless(
            transfers <= rows.sum, "its processes made \(transfers) transfers, and their threads' rows have \(rows.sum)"
        )
        // A thread that is killed between the two is one transfer behind.
        try Damage.unless(
            rows.sum - transfers <= UInt64(DIOAUDIT_THREADS),
            "its threads' rows have \(rows.sum) transfers, and its processes made \(transfers)")
    }

    private func key(_ event: Int) -> String { String(cString: dioaudit_event_key(UInt32(event))) }

    /// Events get a call stack in STEADY and CLOSED; those of an interlude are moved to the phase that it interrupted.
    private static func mayHaveSites(_ phase: UInt32) -> Bool {
        ![DIOAUDIT_PHASE_SETUP.rawValue, DIOAUDIT_PHASE_EXIT.rawValue].contains(phase) && !LedgerPhase(phase).isAllowed
    }

    // MARK: values

    private func owner(_ index: UInt32, _ name: String) throws(Damage) -> dioaudit_process {
        try Damage.unless(index < processes.count, "\(name) belongs to no process")
        return processes[Int(index)]
    }

    private func isPid(_ pid: Int32) -> Bool { (0...Self.greatestPid).contains(pid) }

    /// PID_MAX_LIMIT of include/linux/threads.h.
    private static let greatestPid: Int32 = 1 << 22

    /// -1: its number was refused.
    private func isThread(_ tid: Int32) -> Bool { tid == -1 || isPid(tid) }

    private func isPhase(_ phase: UInt32) -> Bool { phase < DIOAUDIT_PHASE_COUNT.rawValue }
}

/// A C string ends within its array.
private func isText<Characters>(_ characters: Characters) -> Bool {
    withUnsafeBytes(of: characters) { $0.contains(0) }
}

private func isEmpty<Record>(_ record: UnsafePointer<Record>) -> Bool {
    isEmpty(UnsafeRawPointer(record), MemoryLayout<Record>.size)
}

private func isEmpty(_ start: UnsafeRawPointer, _ length: Int) -> Bool {
    length == 0 || start.load(as: UInt8.self) == 0 && memcmp(start, start + 1, length - 1) == 0
}
