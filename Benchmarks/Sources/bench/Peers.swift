import Foundation

// What other tools cost the examples of Examples/: those that are here.

private let built = "\(repository)/.build/benchmarks"

private func isThere(_ path: String) -> Bool { FileManager.default.isExecutableFile(atPath: path) }

private func loop(_ program: String, _ arguments: String..., under command: [String] = []) -> Contender {
    Contender(command: command + ["\(built)/\(program)"] + arguments, figure: .printed("ns="))
}

/// One that is not here, or ends at what it finds, has no figure.
private func compared(_ name: String, _ peer: Contender?, _ plain: Contender) {
    guard let peer else { return say("\(name): not here") }
    do {
        row("\(name) / plain", "", try compare(peer, plain, pairs: pairs), "ns")
    } catch {
        say("\(name): \("\(error)".prefix(200))")
    }
}

func peers() throws {
    let run = [dioaudit, "run", "--quiet", "--"]
    let heaptrack = isThere("/usr/bin/heaptrack") ? ["heaptrack", "-o", "\(scratch)/heaptrack"] : nil
    for example in ["ring", "queue", "coroutine"] {
        let rounds = "20000"
        let plain = loop("loop", example, rounds)
        compared("\(example): libdioaudit_test", loop("loop-counted", example, rounds), plain)
        compared("\(example): dioaudit run", loop("loop", example, rounds, under: run), plain)
        compared("\(example): heaptrack", heaptrack.map { loop("loop", example, rounds, under: $0) }, plain)
        compared(
            "\(example): RealtimeSanitizer",
            isThere("\(built)/loop-realtime") ? loop("loop-realtime", example, rounds) : nil,
            loop("loop-clang", example, rounds))
    }
    for example in ["one-by-one", "by-list"] where isThere("\(built)/loop-rust") {
        let plain = loop("loop-rust", example, "1000000")
        compared("parser, \(example): libdioaudit_test", loop("loop-rust-counted", example, "1000000"), plain)
        compared(
            "parser, \(example): assert_no_alloc",
            isThere("\(built)/loop-rust-peer") ? loop("loop-rust-peer", example, "1000000") : nil, plain)
    }
    try python()
}

/// With the Python of PYTHON, where it has the plugins.
private func python() throws {
    let python = ProcessInfo.processInfo.environment["PYTHON"] ?? "/usr/bin/python3"
    func session(_ options: String...) -> Contender {
        Contender(
            command: [python, "-m", "pytest", "-q", "-s", "-p", "no:cacheprovider"] + options + [
                "Benchmarks/test_loop.py"
            ],
            environment: ["KNOWN": "\(built)/libknown.so", "PYTHONPATH": "\(built)/site"], figure: .printed("ns="))
    }
    let plain = session("-p", "no:memray")
    compared("pytest: --dioaudit", session("-p", "pytest_dioaudit", "--dioaudit", "-p", "no:memray"), plain)
    compared("pytest: --memray", session("--memray", "--native"), plain)
}
