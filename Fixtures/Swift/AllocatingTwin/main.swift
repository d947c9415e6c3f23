// Intent: the driver's own loop, plus one allocation and one free for each transfer. It shows that the steady loop's
//         zero is not for want of looking. Takes the driver's options; the engine is always psync.
// Expect: fail; heap calls in steady = its transfers (posixMemalign: how Embedded Swift makes an array).

import Workloads

struct AllocatingEngine: Engine, ~Copyable {
    private var engine: PsyncEngine

    init(_ target: Target) {
        engine = PsyncEngine(target)
    }

    mutating func enqueue(_ transfer: Transfer) {
        engine.enqueue(transfer)
    }

    mutating func submit() {
        need([UInt8](repeating: 0, count: 100))
        engine.submit()
    }

    mutating func reap() -> Completion? {
        engine.reap()
    }

    static func name(of direction: Direction) -> StaticString {
        PsyncEngine.name(of: direction)
    }
}

/// Keeps the compiler from finding out that nobody needs the array.
@inline(never) @_optimize(none)
private func need(_ array: [UInt8]) {}

do {
    try run(Options.fromCommandLine(), with: AllocatingEngine.self).print()
} catch {
    error.exit()
}
