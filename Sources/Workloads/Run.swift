import CLinux

/// What the steady phase did.
public struct Outcome {
    let transfers: Int
    let bytes: Int
    let nanoseconds: Int64

    /// One line on standard output: the benchmarks read it.
    public func print() {
        say("transfers=\(transfers) bytes=\(bytes) nanoseconds=\(nanoseconds)\n", to: STDOUT_FILENO)
    }
}

/// Does the whole workload with the engine that the options name.
public func run(_ options: Options) throws(Failure) -> Outcome {
    switch options.engine {
    case .psync: try run(options, with: PsyncEngine.self)
    case .pvsync2: try run(options, with: Pvsync2Engine.self)
    case .libaio: try run(options, with: LibaioEngine.self)
    case .ioUring: try run(options, with: UringEngine.self)
    case .ioUringFixed: try run(options, with: UringFixedEngine.self)
    }
}

/// Does the whole workload with any engine. Compiled anew for each, so that its hooks cost no dispatch.
///
/// - Throws: what goes wrong in setup. Later failures end the process: see `Crew`.
public func run<E: Engine & ~Copyable>(_ options: Options, with engine: E.Type) throws(Failure) -> Outcome {
    // From the first marker on, transfers no longer decide the phases: those that lay the file out count as setup.
    Phase.setup.mark()
    let file = try DirectFile(options)
    let content = Content(blockBytes: options.blockBytes, seed: UInt64(nanoseconds(CLOCK_REALTIME)))
    try file.layOut(options, content)
    let crew = try Crew<E>(options, file, content)
    let nanoseconds = crew.work()
    let transfers = options.steadyTransfers * options.jobs
    return Outcome(transfers: transfers, bytes: transfers * options.blockBytes, nanoseconds: nanoseconds)
}
