/// Languages whose runtimes hand out memory from pools of their own above the heap: their objects are not counted one by one,
/// only what a pool takes when it grows. That is the program's own way, and no blind spot; but a reader must know it.
func poolNotes(_ processes: [ProcessLedger]) -> [String] {
    processes.filter(\.steadyReached).compactMap { process in
        let files = [process.executable] + process.modules.map(\.path)
        let names = files.map { $0.split(separator: "/").last ?? $0[...] }
        guard let pool = pools.first(where: { pool in names.contains { pool.isIn($0) } }) else { return nil }
        return
            "\(name(of: process)) has \(pool.name) above the heap: its objects are not counted one by one, only what it takes "
            + "when it grows" + (pool.advice.map { "; \($0)" } ?? "")
    }
}

private struct Pool {
    /// How the file's name begins; what follows is a version or nothing.
    let file: String
    let name: String
    var advice: String?

    func isIn(_ fileName: Substring) -> Bool {
        fileName.hasPrefix(file) && (fileName.dropFirst(file.count).first.map { !$0.isLetter && $0 != "-" } ?? true)
    }
}

private let python = "PYTHONMALLOC=malloc makes each of them a heap call"

private let pools = [
    Pool(file: "python", name: "CPython's pools", advice: python),
    Pool(file: "libpython", name: "CPython's pools", advice: python),
    Pool(file: "libjvm", name: "the JVM's heap"),
    Pool(file: "node", name: "V8's heap"),
    Pool(file: "nodejs", name: "V8's heap"),
    Pool(file: "libnode", name: "V8's heap"),
    Pool(file: "libv8", name: "V8's heap"),
    Pool(file: "libcoreclr", name: ".NET's heap"),
    Pool(file: "libmonosgen", name: "Mono's heap"),
    Pool(file: "ruby", name: "Ruby's heap"),
    Pool(file: "libruby", name: "Ruby's heap"),
    Pool(file: "perl", name: "Perl's arenas"),
    Pool(file: "libperl", name: "Perl's arenas"),
    Pool(file: "beam", name: "Erlang's allocators"),
]
