import CLinux

extension Options {
    /// Of this process.
    public static func fromCommandLine() throws(Failure) -> Options {
        var given = GivenOptions()
        let arguments = cl_arguments()!
        let count = Int(cl_argument_count())
        var index = 1
        while index < count {
            let name = UnsafePointer(arguments[index]!)
            guard index + 1 < count else { throw usage(name, "has no value, or is no option") }
            try given.set(name, to: arguments[index + 1]!)
            index += 2
        }
        let options = try given.complete()
        try options.check()
        return options
    }

    /// Checks that involve several options.
    private func check() throws(Failure) {
        guard fileBytes % blockBytes == 0 else { throw usage("--size", fileBytes, "must be a multiple of --bs") }
        guard blocksPerJob >= iodepth else {
            throw usage("--size", fileBytes, "holds \(blocks) blocks: too few for --numjobs times --iodepth")
        }
        guard iodepth == 1 || !engine.isSynchronous else {
            throw usage("--iodepth", iodepth, "must be 1 with a synchronous engine")
        }
        guard rw != .metadata || (jobs == 1 && iodepth == 1) else {
            throw usage("--rw metadata: it has one block, so that --numjobs and --iodepth must be 1")
        }
        guard rw != .metadata || syncInterval == 0 else {
            throw usage("--fsync", syncInterval, "must be 0 with --rw metadata, which syncs after each write")
        }
    }
}

/// The options as far as they were given.
private struct GivenOptions {
    private var file: UnsafePointer<CChar>?
    private var mayBeInMemory = false
    private var engine: EngineName?
    private var rw: Pattern?
    private var blockBytes: Int?
    private var iodepth = 1
    private var jobs = 1
    private var fileBytes: Int?
    private var warmupTransfers = 64
    private var steadyTransfers: Int?
    private var syncInterval = 0

    mutating func set(_ name: UnsafePointer<CChar>, to value: UnsafePointer<CChar>) throws(Failure) {
        switch name {
        case "--file": file = value
        case "--in-memory": mayBeInMemory = try number(name, value, in: 0...1) == 1
        case "--engine":
            engine = EngineName(value)
            guard engine != nil else {
                throw usage(name, value, "is no engine: psync, pvsync2, libaio, io_uring or io_uring-fixed")
            }
        case "--rw":
            rw = Pattern(value)
            guard rw != nil else {
                throw usage(name, value, "is no pattern: read, write, randread, randwrite, randrw or metadata")
            }
        case "--bs":
            let bytes = try number(name, value, in: 512...1 << 30)
            guard bytes % 512 == 0 else { throw usage(name, value, "must be a multiple of 512") }
            blockBytes = bytes
        case "--iodepth": iodepth = try number(name, value, in: 1...4096)
        case "--numjobs": jobs = try number(name, value, in: 1...64)
        case "--size": fileBytes = try number(name, value, in: 512...1 << 50)
        case "--warmup": warmupTransfers = try number(name, value, in: 0...1 << 40)
        case "--transfers": steadyTransfers = try number(name, value, in: 1...1 << 40)
        case "--fsync": syncInterval = try number(name, value, in: 0...1 << 40)
        default: throw usage(name, "is no option")
        }
    }

    func complete() throws(Failure) -> Options {
        guard let file else { throw usage("--file is missing") }
        guard let engine else { throw usage("--engine is missing") }
        guard let rw else { throw usage("--rw is missing") }
        guard let blockBytes else { throw usage("--bs is missing") }
        guard let fileBytes else { throw usage("--size is missing") }
        guard let steadyTransfers else { throw usage("--transfers is missing") }
        return Options(
            file: file, mayBeInMemory: mayBeInMemory, engine: engine, rw: rw, blockBytes: blockBytes, iodepth: iodepth,
            jobs: jobs,
            fileBytes: fileBytes, warmupTransfers: warmupTransfers, steadyTransfers: steadyTransfers,
            syncInterval: syncInterval)
    }
}

/// Digits only: strtoll(3) would take blanks, signs and the start of `4k` too.
private func number(
    _ name: UnsafePointer<CChar>, _ text: UnsafePointer<CChar>, in range: ClosedRange<Int>
) throws(Failure) -> Int {
    var value = 0
    var next = text
    repeat {
        let digit = Int(next.pointee) - 48
        guard (0...9).contains(digit) else { throw usage(name, text, "must be a number, without a unit") }
        value = value * 10 + digit
        guard value <= range.upperBound else { break }
        next += 1
    } while next.pointee != 0
    guard range.contains(value) else {
        throw usage(name, text, "must be between \(range.lowerBound) and \(range.upperBound)")
    }
    return value
}

// MARK: failures

private func usage(_ problem: String) -> Failure {
    Failure(.usage, problem)
}

private func usage(_ name: UnsafePointer<CChar>, _ problem: String) -> Failure {
    usage("\(String(cString: name)) \(problem)")
}

private func usage(_ name: UnsafePointer<CChar>, _ value: UnsafePointer<CChar>, _ problem: String) -> Failure {
    usage("\(String(cString: name)) \(String(cString: value)) \(problem)")
}

private func usage(_ name: String, _ value: Int, _ problem: String) -> Failure {
    usage("\(name) \(value) \(problem)")
}
