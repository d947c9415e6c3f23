import AuditCore
import AuditReport

extension Audit {
    /// Each witness, whether it observed, and if not, why and what would let it; then all that was not seen or left out.
    var witnessTable: Markup {
        var table = MarkupTable(
            "Witnesses", [.text("witness"), .text("sees"), .text("status"), .text("how, or why not")])
        for row in witnessRows {
            guard let witness = row.witness else { continue }
            let remedies = (witness.remedies ?? []).map {
                "<br><small>to allow more: <code>\($0)</code></small>" as Markup
            }
            table.add([
                "\(row.name)", "\(row.sees)", witness.status.badge,
                "\(witness.reason ?? witness.manner.trimmed)\(remedies)",
            ])
        }
        let unseen =
            unobservedLines(self) + processes.flatMap(\.regions).prefix(mostLines).map(regionText)
            + suppressionLines(suppressions)
        let list = when(!unseen.isEmpty, "<ul>\(items(unseen.map(\.trimmed)))</ul>\n")
        return "\(table.markup)\(list)\(witnessDifferences)"
    }

    /// What only the kernel saw may be libc's own, the dynamic linker's, or the interposer's before it attached.
    private var witnessDifferences: Markup {
        let shown = differences.prefix(mostLines).map { differenceText($0).trimmed }
        let rest = differences.count - shown.count
        let more = rest > 0 ? ["and \(rest) more, in the JSON report"] : []
        return when(
            !differences.isEmpty,
            """
            <details><summary>where the witnesses differ (\(differences.count))</summary>
            <ul>\(items(shown + more))</ul></details>

            """)
    }

    private var witnessRows: [(name: String, sees: String, witness: Witness?)] {
        [
            ("interposer", "calls of the heap and of mappings", witnesses.interposer),
            ("syscalls", "mmap, munmap, mremap and brk in the kernel", witnesses.syscalls),
            ("kernel", "the kernel's allocations, and page faults", witnesses.kernel),
            ("transfers", "what moved data on O_DIRECT files", witnesses.transfers),
            ("accounting", "the kernel's books of disk I/O", witnesses.accounting),
            ("pages", "resident pages and mappings at the steady phase's edges", witnesses.pages),
            (
                "heap", areCallsSeen ? "the allocator's books at these edges" : "probes on libc's heap functions",
                witnesses.heap
            ),
        ]
    }
}

private let mostLines = 100

extension Witness.Status {
    fileprivate var badge: Markup {
        switch self {
        case .active: "<span class=\"pass\">active</span>"
        case .partial: "<span class=\"inconclusive\">in part</span>"
        case .unavailable: "<span class=\"inconclusive\">not there</span>"
        }
    }
}

extension String {
    var trimmed: String { String(drop { $0 == " " }) }
}
