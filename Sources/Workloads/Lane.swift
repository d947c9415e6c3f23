/// The blocks that one slot of one job has to itself, so that no two transfers in flight ever meet on a block.
///
/// The slots' lanes lie interleaved: together they walk through the job's part of the file in order.
struct Lane {
    private let first: Int
    private let step: Int
    private let count: Int
    private var position = 0

    /// The transfer in flight.
    var transfer = Transfer(direction: .read, slot: 0, offset: 0)
    /// Of the block in flight: what it holds once the transfer is done.
    var generation = Content.firstGeneration
    /// The last that was written in this lane.
    var newestGeneration = Content.firstGeneration

    /// - Parameters:
    ///   - slot: whose it is, of `slots`.
    ///   - blocks: the job's.
    init(slot: Int, of slots: Int, in blocks: Range<Int>) {
        first = blocks.lowerBound + slot
        step = slots
        count = (blocks.count - slot + slots - 1) / slots
    }

    mutating func nextBlock() -> Int {
        let block = first + position * step
        position = position + 1 == count ? 0 : position + 1
        return block
    }

    func randomBlock(_ random: inout Random) -> Int {
        first + random.next(below: count) * step
    }
}
