/// The driver's options. Names and meanings are fio's.
public struct Options {
    /// A file, made if it is not there, or a block device, whose start is written over.
    public var file: UnsafePointer<CChar>
    /// tmpfs is good enough for the file. fio has no such option: it takes any.
    public var mayBeInMemory = false
    public var engine: EngineName
    public var rw: Pattern
    /// Of a block: what each transfer moves.
    public var blockBytes: Int
    /// Transfers in flight, per job.
    public var iodepth = 1
    public var jobs = 1
    public var fileBytes: Int
    /// Per job, in the warmup phase.
    public var warmupTransfers = 64
    /// Per job, in the steady phase.
    public var steadyTransfers: Int
    /// Each job syncs the file after this many writes; 0 for never.
    public var syncInterval = 0

    var blocks: Int { fileBytes / blockBytes }
    var blocksPerJob: Int { blocks / jobs }
}

public enum EngineName {
    case psync, pvsync2, libaio, ioUring, ioUringFixed

    init?(_ text: UnsafePointer<CChar>) {
        switch text {
        case "psync": self = .psync
        case "pvsync2": self = .pvsync2
        case "libaio": self = .libaio
        case "io_uring": self = .ioUring
        case "io_uring-fixed": self = .ioUringFixed
        default: return nil
        }
    }

    /// Each transfer is a call that returns when it is done.
    var isSynchronous: Bool { self == .psync || self == .pvsync2 }
}

/// Which blocks are moved, which way, in which order.
public enum Pattern {
    case read, write, randread, randwrite, randrw
    /// What mdmon does: rewrite one block in place at the file's end, sync, read it back.
    case metadata

    init?(_ text: UnsafePointer<CChar>) {
        switch text {
        case "read": self = .read
        case "write": self = .write
        case "randread": self = .randread
        case "randwrite": self = .randwrite
        case "randrw": self = .randrw
        case "metadata": self = .metadata
        default: return nil
        }
    }

    var isRandom: Bool { self == .randread || self == .randwrite || self == .randrw }
    /// It reads what it wrote before.
    var isMixed: Bool { self == .randrw || self == .metadata }
}
