/// One run of the driver: its options, which are fio's, and the expected result.
struct Workload {
    var engine: String
    var rw: String
    var blockBytes: Int
    var jobs = 1
    var iodepth = 1
    /// Per job.
    var warmupTransfers = 64
    /// Per job; the steady phase holds exactly these.
    var steadyTransfers: Int
    /// tmpfs is good enough for its file.
    var mayBeInMemory = false

    static let fileBytes = 8 << 20
    static let engines = ["psync", "pvsync2", "libaio", "io_uring", "io_uring-fixed"]

    var name: String {
        let block = "\(blockBytes / 1024)k"
        let base = rw == "metadata" ? "metadata-\(block)" : "\(engine)-\(rw)-\(block)"
        return jobs > 1 ? "\(base)-\(jobs)threads" : base
    }

    func arguments(driver: String, file: String) -> [String] {
        let options: KeyValuePairs = [
            "--file": file, "--engine": engine, "--rw": rw, "--bs": "\(blockBytes)", "--iodepth": "\(iodepth)",
            "--numjobs": "\(jobs)", "--size": "\(Self.fileBytes)", "--warmup": "\(warmupTransfers)",
            "--transfers": "\(steadyTransfers)", "--in-memory": mayBeInMemory ? "1" : "0",
        ]
        return [driver] + options.flatMap { [$0.key, $0.value] }
    }

    // MARK: the default plan

    /// Every engine reading and writing, small and large blocks; what mdmon does to its metadata; and threads once.
    static let defaultPlan: [Workload] =
        engines.flatMap { engine in
            let iodepth = engine.hasPrefix("p") ? 1 : 8
            return [(4096, 1024), (131072, 256)].flatMap { block, transfers in
                ["read", "write"].map { rw in
                    Workload(engine: engine, rw: rw, blockBytes: block, iodepth: iodepth, steadyTransfers: transfers)
                }
            }
        } + [
            Workload(engine: "psync", rw: "metadata", blockBytes: 4096, steadyTransfers: 512),
            Workload(engine: "psync", rw: "write", blockBytes: 4096, jobs: 2, steadyTransfers: 1024),
        ]
}
