import CLinux

/// One job's transfers: chooses blocks, keeps its slots busy, checks what comes back.
@usableFromInline  // or a release build of another module with an engine of its own cannot see the deinit
struct Job<E: Engine & ~Copyable>: ~Copyable {
    private let options: Options
    private let target: Target
    private let content: Content
    private let blocks: Range<Int>

    private var engine: E
    private let memory: DirectBuffer
    private let lanes: UnsafeMutablePointer<Lane>
    /// The generation of each block, where blocks are read after they were written.
    private let generations: UnsafeMutablePointer<UInt32>?
    private var random: Random
    private var unsyncedWrites = 0

    /// Setup: gets everything that the job will ever need.
    init(_ number: Int, _ options: Options, _ file: borrowing DirectFile, _ content: Content) throws(Failure) {
        let memory = try DirectBuffer(bytes: options.iodepth * options.blockBytes)
        let target = Target(
            fd: file.fd, memory: memory.start, blockBytes: options.blockBytes, slots: options.iodepth)
        engine = try E(target)
        self.memory = memory
        self.target = target
        self.options = options
        self.content = content
        random = Random(seed: UInt64(number + 1) &* 0x9E37_79B9_7F4A_7C15)

        let blocks =
            options.rw == .metadata
            ? options.blocks - 1..<options.blocks
            : number * options.blocksPerJob..<(number + 1) * options.blocksPerJob
        self.blocks = blocks
        lanes = .allocate(capacity: options.iodepth)
        for slot in 0..<options.iodepth {
            (lanes + slot).initialize(to: Lane(slot: slot, of: options.iodepth, in: blocks))
        }
        generations = options.rw.isMixed ? .allocate(capacity: blocks.count) : nil
        generations?.initialize(repeating: Content.firstGeneration, count: blocks.count)
    }

    deinit {
        generations?.deallocate()
        lanes.deallocate()
    }

    /// Does exactly `count` transfers; none is in flight before or after. Allocates nothing.
    ///
    /// Each completion makes way for one transfer, which is handed over at once: a batch of them is handed over when its
    /// last is ready, and the device runs dry meanwhile (15 to 40 % fewer transfers at an iodepth of 32, measured).
    mutating func perform(_ count: Int) throws(Failure) {
        var started = 0
        while started < min(count, target.slots) {
            start(slot: started)
            started += 1
        }
        var finished = 0
        while finished < count {
            try engine.submit()
            guard let completion = engine.reap() else { continue }
            try finish(completion)
            finished += 1
            if started < count {
                start(slot: completion.slot)
                started += 1
            }
        }
    }

    private mutating func start(slot: Int) {
        let lane = lanes + slot
        let block = options.rw.isRandom ? lane.pointee.randomBlock(&random) : lane.pointee.nextBlock()
        let transfer = Transfer(
            direction: nextDirection(after: lane.pointee.transfer.direction), slot: slot,
            offset: block * target.blockBytes)
        switch transfer.direction {
        case .read:
            lane.pointee.generation = generations?[block - blocks.lowerBound] ?? Content.firstGeneration
            content.erase(target.block(slot))
        case .write:
            lane.pointee.newestGeneration &+= 1
            lane.pointee.generation = lane.pointee.newestGeneration
            generations?[block - blocks.lowerBound] = lane.pointee.generation
            content.stamp(target.block(slot), at: transfer.offset, generation: lane.pointee.generation)
        }
        lane.pointee.transfer = transfer
        engine.enqueue(transfer)
    }

    private mutating func nextDirection(after last: Direction) -> Direction {
        switch options.rw {
        case .read, .randread: .read
        case .write, .randwrite: .write
        case .randrw: random.next() >> 63 == 0 ? .read : .write
        case .metadata: last == .read ? .write : .read
        }
    }

    private mutating func finish(_ completion: Completion) throws(Failure) {
        let lane = lanes + completion.slot
        let transfer = lane.pointee.transfer
        guard completion.result == target.blockBytes else { throw incomplete(transfer, completion.result) }
        switch transfer.direction {
        case .read:
            let block = target.block(completion.slot)
            guard content.isRight(block, at: transfer.offset, generation: lane.pointee.generation) else {
                throw wrong(transfer, lane.pointee.generation)
            }
        case .write: try syncIfDue()
        }
    }

    private mutating func syncIfDue() throws(Failure) {
        if options.rw == .metadata {
            guard fdatasync(target.fd) == 0 else { throw failedSync("fdatasync") }
        } else if options.syncInterval > 0 {
            unsyncedWrites += 1
            guard unsyncedWrites == options.syncInterval else { return }
            unsyncedWrites = 0
            guard fsync(target.fd) == 0 else { throw failedSync("fsync") }
        }
    }
}

// MARK: failures, kept out of the loop

extension Job where E: ~Copyable {
    @inline(never)
    private func incomplete(_ transfer: Transfer, _ result: Int) -> Failure {
        let wanted = "\(called(transfer)) of \(target.blockBytes) bytes"
        return result < 0
            ? Failure(wanted, errno: Int32(-result)) : Failure(.failed, "\(wanted): moved \(result) bytes only")
    }

    @inline(never)
    private func wrong(_ transfer: Transfer, _ generation: UInt32) -> Failure {
        let complaint = content.complaint(target.block(transfer.slot), at: transfer.offset, generation: generation)
        return Failure(.failed, "\(called(transfer)) got wrong data: \(complaint); does something else write the file?")
    }

    @inline(never)
    private func failedSync(_ call: StaticString) -> Failure {
        Failure("\(call) of \(String(cString: options.file))", errno: errno)
    }

    private func called(_ transfer: Transfer) -> String {
        "\(E.name(of: transfer.direction)) at offset \(transfer.offset) of \(String(cString: options.file))"
    }
}
