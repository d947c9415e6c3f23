/// One run of the driver: its options, which are fio's, and what is expected of it.
public struct Workload: Equatable, Sendable {
    public var engine: String
    public var rw: String
    public var blockBytes: Int
    public var jobs: Int
    public var iodepth: Int
    /// Per job.
    public var fileBytes: Int
    /// Per job.
    public var warmupTransfers: Int
    /// Per job; the steady phase holds exactly these.
    public var steadyTransfers: Int
    /// Each job syncs the file after this many writes; 0 for never.
    public var syncInterval: Int
    /// tmpfs is good enough for its file.
    public var mayBeInMemory: Bool

    public init(
        engine: String, rw: String, blockBytes: Int, jobs: Int = 1, iodepth: Int = 1, fileBytes: Int = 8 << 20,
        warmupTransfers: Int = 64, steadyTransfers: Int, syncInterval: Int = 0, mayBeInMemory: Bool = false
    ) {
        self.engine = engine
        self.rw = rw
        self.blockBytes = blockBytes
        self.jobs = jobs
        self.iodepth = iodepth
        self.fileBytes = fileBytes
        self.warmupTransfers = warmupTransfers
        self.steadyTransfers = steadyTransfers
        self.syncInterval = syncInterval
        self.mayBeInMemory = mayBeInMemory
    }

    public static let engines = ["psync", "pvsync2", "libaio", "io_uring", "io_uring-fixed"]
    /// Those whose call returns when the transfer is done: one is in flight at a time.
    static let synchronousEngines = ["psync", "pvsync2"]
    static let patterns = ["read", "write", "randread", "randwrite", "randrw", "metadata"]

    /// For one that nobody has named.
    public var name: String {
        let block = "\(blockBytes / 1024)k"
        let base = rw == "metadata" ? "metadata-\(block)" : "\(engine)-\(rw)-\(block)"
        return jobs > 1 ? "\(base)-\(jobs)threads" : base
    }

    public func arguments(driver: String, file: String) -> [String] {
        let options: KeyValuePairs = [
            "--file": file, "--engine": engine, "--rw": rw, "--bs": "\(blockBytes)", "--iodepth": "\(iodepth)",
            "--numjobs": "\(jobs)", "--size": "\(fileBytes * jobs)", "--warmup": "\(warmupTransfers)",
            "--transfers": "\(steadyTransfers)", "--fsync": "\(syncInterval)", "--in-memory": mayBeInMemory ? "1" : "0",
        ]
        return [driver] + options.flatMap { [$0.key, $0.value] }
    }

    /// Why the driver would not take it, by the fio option that is wrong; null if it would.
    var problem: (option: String, what: String)? {
        if blockBytes % 512 != 0 || !(512...1 << 30 ~= blockBytes) {
            return ("bs", "\(blockBytes) bytes: a block is a multiple of 512 bytes, up to 1g")
        }
        if !(1...64 ~= jobs) { return ("numjobs", "\(jobs): there may be 1 to 64 jobs") }
        if !(1...4096 ~= iodepth) { return ("iodepth", "\(iodepth): 1 to 4096 transfers may be in flight") }
        if iodepth > 1 && Self.synchronousEngines.contains(engine) {
            return ("iodepth", "\(iodepth): \(engine) has one transfer in flight at a time")
        }
        if rw == "metadata" && (jobs > 1 || iodepth > 1 || syncInterval > 0) {
            let option = jobs > 1 ? "numjobs" : iodepth > 1 ? "iodepth" : "fsync"
            return (option, "rw=metadata rewrites one block, and syncs by itself: leave it out")
        }
        if fileBytes % blockBytes != 0 || fileBytes / blockBytes < iodepth || fileBytes > 1 << 44 {
            return (
                "size",
                "\(fileBytes) bytes: a job's share is whole blocks (\(blockBytes) bytes), one for each transfer in flight"
            )
        }
        if !(1...1 << 40 ~= steadyTransfers) { return ("number_ios", "\(steadyTransfers): there may be 1 to 2^40") }
        if !(0...1 << 40 ~= warmupTransfers) { return ("warmup-ios", "\(warmupTransfers): there may be 0 to 2^40") }
        return nil
    }
}
