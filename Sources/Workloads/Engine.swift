/// A way to ask the kernel for transfers.
///
/// One job uses it, from one thread after setup. What is done between setup and teardown allocates nothing, maps
/// nothing, and asks for nothing but the transfers.
public protocol Engine: ~Copyable {
    /// Setup: gets everything that the engine will ever need. The file is laid out by then. May allocate.
    init(_ target: Target) throws(Failure)

    /// Takes a transfer, to be handed over by the next `submit`. Its slot is free: `reap` has returned what it held.
    mutating func enqueue(_ transfer: Transfer)

    /// Hands over what was enqueued and returns when there is a completed transfer to reap.
    ///
    /// - Throws: when the kernel refuses to take transfers. `reap` reports a transfer that it took and that failed.
    mutating func submit() throws(Failure)

    /// One of the completed transfers, each returned once; nil if another `submit` is needed.
    mutating func reap() -> Completion?

    /// What a transfer is called in a message.
    static func name(of direction: Direction) -> StaticString
}

public enum Direction {
    case read, write
}

/// One data-moving call: a block between the file and its slot's memory.
public struct Transfer {
    let direction: Direction
    let slot: Int
    let offset: Int
}

public struct Completion {
    let slot: Int
    /// The bytes that were moved, or an errno, negative.
    let result: Int
}

/// What an engine works on. The job that it belongs to keeps all of it alive.
public struct Target {
    let fd: Int32
    /// A block for each slot, one after the other, aligned to a page.
    let memory: UnsafeMutableRawPointer
    let blockBytes: Int
    /// How many: transfers in flight at most.
    let slots: Int

    func block(_ slot: Int) -> UnsafeMutableRawPointer {
        memory + slot * blockBytes
    }
}
