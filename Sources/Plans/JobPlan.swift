import AuditCore

extension Plan {
    /// Reads a job file of fio's: each job is a workload. What has no counterpart is named, and what changes which transfers there are so
    /// much that the workload would be another one leaves its job without an audit, which is no pass.
    ///
    /// - Parameters:
    ///   - file: its path, for messages.
    ///   - read: reads a file that it includes.
    public init(
        job bytes: [UInt8], file: String, read: @escaping (String) throws(AuditError) -> [UInt8]
    ) throws(AuditError) {
        let jobs = try JobFile(bytes, file: file, read: read).jobs
        guard !jobs.isEmpty else {
            throw AuditError("no job", at: file, remedy: "name one by a section: '[name]'", exit: .badInput)
        }
        var entries: [Entry] = []
        var names: [String: Int] = [:]
        var shared: (number: Int, note: String?) = (-1, nil)
        var notes: [String] = []
        for job in jobs {
            if shared.number != job.shared.number {
                shared = (job.shared.number, leftOut(job.shared.options))
                notes += shared.note.map { [$0] } ?? []
            }
            names[job.name, default: 0] += 1
            let name = names[job.name] == 1 ? job.name : "\(job.name)#\(names[job.name]!)"
            var mapping = JobMapping(job)
            let work = mapping.work()
            let own = leftOut(job.options).map { [$0] } ?? []
            var entry = Entry(name, place: job.place, work)
            entry.notes = (shared.note.map { [$0] } ?? []) + own + mapping.notes
            notes += (own + mapping.notes).map { "[\(name)]: \($0)" }
            entries.append(entry)
        }
        if jobs.dropFirst().contains(where: { !JobMapping($0).waits }) {
            notes.append(
                "fio runs these jobs at one time: here each waits for the one before, as if it had 'stonewall'")
        }
        self.init(file: file, entries: entries, notes: notes)
    }
}

private func leftOut(_ options: [JobFile.Option]) -> String? {
    let others = options.filter { !JobMapping.known.contains(JobMapping.key($0)) }
    guard !others.isEmpty else { return nil }
    return "not supported, and left out: " + others.map { "\($0.key) (\($0.place))" }.joined(separator: ", ")
}

/// What a job of fio's is as a workload.
private struct JobMapping {
    private let options: [String: JobFile.Option]
    private(set) var notes: [String] = []

    static let known: Set<String> = [
        "rw", "bs", "ioengine", "iodepth", "numjobs", "size", "io_size", "number_ios", "loops", "direct", "fsync",
        "fixedbufs", "directory", "stonewall", "wait_for_previous", "thread", "kb_base",
    ]
    private static let aliases = [
        "readwrite": "rw", "blocksize": "bs", "io_limit": "io_size",
    ]

    static func key(_ option: JobFile.Option) -> String { aliases[option.key] ?? option.key }

    /// - Parameter job: the last of several values holds.
    init(_ job: JobFile.Job) {
        options = Dictionary((job.shared.options + job.options).map { (Self.key($0), $0) }) { $1 }
    }

    /// It begins when the jobs before it have ended.
    var waits: Bool { options["stonewall"] != nil || options["wait_for_previous"] != nil }

    private struct Unmapped: Error {
        let why: String
    }

    mutating func work() -> Work {
        do throws(Unmapped) {
            let workload = try workload()
            if let (option, what) = workload.problem {
                throw Unmapped(why: "\(called(option)): \(what)")
            }
            noteDirect()
            let directory = try text("directory").map { Setting("directory", [$0], at: options["directory"]!.place) }
            return .workload(workload, directory: directory)
        } catch {
            return .nothing(because: error.why)
        }
    }

    private mutating func workload() throws(Unmapped) -> Workload {
        if let base = try text("kb_base"), base != "1024" {
            throw Unmapped(why: "\(called("kb_base"))=\(base): sizes are read by 1024 here")
        }
        var engine = try text("ioengine") ?? "psync"
        if try flag("fixedbufs") { engine += "-fixed" }
        guard Workload.engines.contains(engine) else {
            throw Unmapped(
                why:
                    "\(called("ioengine"))=\(engine) has no counterpart: those that have are \(Workload.engines.joined(separator: ", ")) "
                    + "(io_uring-fixed is io_uring with fixedbufs=1)")
        }
        let rw = try text("rw") ?? "read"
        guard Workload.patterns.contains(rw), rw != "metadata" else {
            throw Unmapped(
                why:
                    "\(called("rw"))=\(rw) has no counterpart: those that have are read, write, randread, randwrite, randrw"
            )
        }
        let block = try size("bs") ?? 4096
        guard block > 0 else { throw Unmapped(why: "\(called("bs"))=0 is no size") }
        guard let size = try size("size") else {
            throw Unmapped(
                why: "it has no size: fio would take that of its file, and a workload makes a file of its own")
        }
        let moved = (try self.size("io_size") ?? size) / block
        let (transfers, overflows) = moved.multipliedReportingOverflow(by: try whole("loops") ?? 1)
        var workload = Workload(
            engine: engine, rw: rw, blockBytes: block, jobs: try whole("numjobs") ?? 1,
            iodepth: try whole("iodepth") ?? 1,
            fileBytes: size / block * block,
            steadyTransfers: min(
                overflows ? .max : transfers, try whole("number_ios").flatMap { $0 > 0 ? $0 : nil } ?? .max),
            syncInterval: try whole("fsync") ?? 0)
        if Workload.synchronousEngines.contains(engine), workload.iodepth > 1 {
            notes.append(
                "\(called("iodepth")) means nothing with \(engine), as with fio: one transfer is in flight at a time")
            workload.iodepth = 1
        }
        if workload.jobs > 1, !(try flag("thread")) {
            notes.append(
                "fio would run its \(workload.jobs) jobs as processes: here they are threads, as with 'thread'")
        }
        return workload
    }

    private mutating func noteDirect() {
        guard let option = options["direct"] else {
            notes.append(
                "'direct=1' is missing: fio's own transfers would be buffered, and these are direct all the same")
            return
        }
        if option.value == "0" {
            notes.append(
                "\(called("direct"))=0: fio's own transfers would be buffered, and these are direct all the same")
        }
    }

    // MARK: values

    private func called(_ key: String) -> String { options[key].map { "\($0.key) (\($0.place))" } ?? key }

    private func text(_ key: String) throws(Unmapped) -> String? {
        guard let option = options[key] else { return nil }
        guard let value = option.value, !value.isEmpty else { throw Unmapped(why: "\(called(key)) has no value") }
        guard !value.contains("$") else {
            throw Unmapped(why: "\(called(key))=\(value): variables are not supported: write the value itself")
        }
        return value
    }

    private func size(_ key: String) throws(Unmapped) -> Int? {
        guard let text = try text(key) else { return nil }
        guard let bytes = byteSize(text) else {
            throw Unmapped(
                why: "\(called(key))=\(text) is not supported: one number of bytes is, with k, m, g or t for more")
        }
        return Int(bytes)
    }

    private func whole(_ key: String) throws(Unmapped) -> Int? {
        guard let text = try text(key) else { return nil }
        guard text.allSatisfy({ ("0"..."9").contains($0) }), let number = Int(text), number <= 1 << 40 else {
            throw Unmapped(why: "\(called(key))=\(text) is not supported: a whole number is")
        }
        return number
    }

    /// Without a value it is set.
    private func flag(_ key: String) throws(Unmapped) -> Bool {
        guard options[key]?.value != nil else { return options[key] != nil }
        return try whole(key) != 0
    }
}
