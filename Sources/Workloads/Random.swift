/// Marsaglia's xorshift64*: good enough to choose blocks, and a few instructions.
struct Random {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed | 1  // 0 would stay 0
    }

    mutating func next() -> UInt64 {
        state ^= state >> 12
        state ^= state << 25
        state ^= state >> 27
        return state &* 0x2545_F491_4F6C_DD1D
    }

    mutating func next(below limit: Int) -> Int {
        Int(next().multipliedFullWidth(by: UInt64(limit)).high)
    }
}
