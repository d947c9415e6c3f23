import AuditCore
import Disks
import Plans

/// What `dioaudit matrix` measures: every target with every workload.
struct MatrixPlan {
    let targets: [DiskKind]
    let workloads: [Workload]

    private static let blocks = ["4k": 4096, "128k": 131072]
    private static let dimensions = [
        DiskKind.allCases.map(\.rawValue), Workload.engines, ["read", "write"], ["4k", "128k"],
    ]

    /// - Parameters:
    ///   - names: of targets, engines, directions and block sizes. Where none of a dimension is named, all of it is meant.
    ///   - transfers: of the steady phase. By default so many that what happens now and then only (a journal's commit, a
    ///     slab's refill) has its share.
    init(only names: [String], transfers: Int?) throws(AuditError) {
        let known = Self.dimensions.flatMap { $0 }
        if let unknown = names.first(where: { !known.contains($0) }) {
            throw AuditError(
                "nothing in the matrix has this name", at: "--only \(unknown)",
                remedy: "the names are: " + known.joined(separator: ", "), exit: .usage)
        }
        let chosen = Self.dimensions.map { dimension in
            let named = dimension.filter(names.contains)
            return named.isEmpty ? dimension : named
        }
        targets = chosen[0].compactMap(DiskKind.init)
        workloads = chosen[1].flatMap { engine in
            chosen[2].flatMap { rw in
                chosen[3].map { block in
                    // One transfer in flight with every engine, so that they can be compared.
                    Workload(
                        engine: engine, rw: rw, blockBytes: Self.blocks[block]!,
                        steadyTransfers: transfers ?? (block == "4k" ? 2000 : 500), mayBeInMemory: true)
                }
            }
        }
    }
}
