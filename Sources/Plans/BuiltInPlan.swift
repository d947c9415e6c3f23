extension Plan {
    /// Every engine reading and writing, small and large blocks; what mdmon does to its metadata; and threads once.
    public static let builtIn = Plan(
        file: nil,
        entries: (Workload.engines.flatMap { engine in
            let iodepth = Workload.synchronousEngines.contains(engine) ? 1 : 8
            return [(4096, 1024), (131072, 256)].flatMap { block, transfers in
                ["read", "write"].map { rw in
                    Workload(engine: engine, rw: rw, blockBytes: block, iodepth: iodepth, steadyTransfers: transfers)
                }
            }
        } + [
            Workload(engine: "psync", rw: "metadata", blockBytes: 4096, steadyTransfers: 512),
            Workload(
                engine: "psync", rw: "write", blockBytes: 4096, jobs: 2, fileBytes: 4 << 20, steadyTransfers: 1024),
        ]).map { Entry($0.name, place: "built in", .workload($0, directory: nil)) })
}
